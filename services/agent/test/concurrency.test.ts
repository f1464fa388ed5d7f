import assert from "node:assert/strict";
import { TRANSITIONS } from "../src/lifecycle";
import type { AgentState } from "../schemas";
import { startRig } from "./support/service";
import type { Answered, Api, Rig } from "./support/service";

const CALLERS = 200;
const PARALLEL = 20;

describe("agents changed by many at once, on a real etcd", () => {
  let rig: Rig;
  let api: Api;

  before(async function () {
    const started = await startRig();
    if (started === undefined) this.skip();
    rig = started;
    api = rig.api;
  });
  after(() => rig?.stop());

  it("lets one of two hundred callers win a revision, and tells all others that they lost", async () => {
    const { body } = await api.create({ type: "coder" });
    const ready = await api.move(body.id, "ready");
    const etag = ready.headers.get("etag") ?? "";
    const answers = await Promise.all(Array.from({ length: CALLERS }, () => api.move(body.id, "allocated", etag)));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    assert.equal(answers.filter(({ status, body: { code } }) => status === 412 && code === "precondition-failed").length, CALLERS - 1);
  });

  it("gives an agent to one of two hundred callers that name no revision", async () => {
    const { body } = await api.create({ type: "coder" });
    await api.move(body.id, "ready");
    const answers = await Promise.all(Array.from({ length: CALLERS }, () => api.move(body.id, "allocated")));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    assert.equal(answers.filter(({ status, body: { code } }) => status === 409 && code === "illegal-transition").length, CALLERS - 1);
  });

  it("makes one legal history of two hundred conflicting wishes, each revision won once", async () => {
    const { body } = await api.create({ type: "coder" });
    const wishes: AgentState[] = ["ready", "allocated", "failed", "pending", "ready", "allocated"];
    const answers: Answered[] = [];
    const caller = async (first: number): Promise<void> => {
      for (let index = 0; index < CALLERS / PARALLEL; index += 1) answers.push(await api.move(body.id, wishes[(first + index) % wishes.length] ?? "ready"));
    };
    await Promise.all(Array.from({ length: PARALLEL }, (_, index) => caller(index)));
    assert.equal(answers.length, CALLERS);
    const won = answers.filter(({ status }) => status === 200).map((answer) => answer.body).sort((a, b) => a.revision - b.revision);
    assert.ok(won.length > 2, `${won.length} changes were made`);
    assert.equal(new Set(won.map(({ revision }) => revision)).size, won.length);
    let state: AgentState = "pending";
    for (const each of won) {
      const next = each.state as AgentState;
      assert.ok(TRANSITIONS[state].includes(next), `'${state}' to '${next}'`);
      state = next;
    }
    const others = answers.filter(({ status, body: { detail } }) => status !== 200 && status !== 409 && !detail.includes("changed by others"));
    assert.deepEqual(others, []);
    const last = (await api.get(body.id)).body;
    assert.deepEqual([last.state, last.revision], [state, won.at(-1)?.revision]);
  });

  it("deletes once and leaves no key behind, while others move, delete and list", async () => {
    for (const { id } of await api.all({})) await api.delete(id);
    const made = await Promise.all(Array.from({ length: 20 }, (_, index) => api.create({ type: "coder", capabilities: ["x", `c${index}`] }, { "idempotency-key": `k${index}` })));
    const answers = await Promise.all(
      made.flatMap(({ body: { id } }) => [api.move(id, "ready"), api.delete(id), api.move(id, "failed"), api.delete(id), api.list({ capability: "x" })]),
    );
    assert.equal(answers.filter(({ status }) => status === 204).length, made.length, "each was deleted by one caller");
    assert.deepEqual([...new Set(answers.map(({ status }) => status))].filter((status) => ![200, 204, 404, 409].includes(status)), []);
    assert.deepEqual(await rig.keys(), []);
  });
});
