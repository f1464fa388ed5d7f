import assert from "node:assert/strict";
import { MAX_MEMBERS } from "../limits";
import { newId } from "../../kit/src/uuid";
import { startRig } from "./support/rig";
import type { Rig, Send } from "./support/rig";

const TEAMS = "/api/v1/teams";

describe("teams, on a real etcd and with the real agent service", () => {
  let rig: Rig;
  let send: Send;

  before(async function () {
    const started = await startRig();
    if (started === undefined) this.skip();
    rig = started;
    send = rig.send;
  });
  after(() => rig?.stop());

  it("is formed of named agents, with roles, and read where 'location' says", async () => {
    const [a, b] = [await rig.newAgent(), await rig.newAgent("pending")];
    const made = await send("POST", TEAMS, { name: "Review", goal: "read it all", members: [a, b], roles: { [a]: "lead" } });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    assert.deepEqual(made.body["members"], [{ agentId: a, role: "lead" }, { agentId: b }]);
    const read = await send("GET", made.headers.get("location") ?? "");
    assert.deepEqual([read.status, read.body, read.headers.get("etag")], [200, made.body, `"${String(made.body["revision"])}"`]);
  });

  it("is refused when agents do not exist or are terminated, naming all of them", async () => {
    const [there, ended, missing, other] = [await rig.newAgent(), await rig.newAgent("terminated"), newId(), newId()];
    const { status, body } = await send("POST", TEAMS, { name: "never formed", members: [missing, there, other, ended] });
    assert.deepEqual([status, body.code, body["unknown"], body["terminated"]], [422, "unusable-members", [missing, other].sort(), [ended]]);
    assert.ok(body.detail.includes(missing) && body.detail.includes(ended));
    const names = ((await send("GET", `${TEAMS}?limit=100`)).body["teams"] as { name: string }[]).map(({ name }) => name);
    assert.ok(!names.includes("never formed"));
  });

  it("is formed of ready agents that have all capabilities, or not at all", async () => {
    const fitting = [await rig.newAgent("ready", ["see", "draw"]), await rig.newAgent("ready", ["draw", "see"])];
    await rig.newAgent("pending", ["see", "draw"]);
    await rig.newAgent("ready", ["see"]);
    const made = await send("POST", TEAMS, { name: "Art", size: 2, capabilities: ["see", "draw"] });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    assert.deepEqual(made.body["members"], fitting.map((agentId) => ({ agentId })));
    const refused = await send("POST", TEAMS, { name: "Art", size: 3, capabilities: ["see", "draw"] });
    assert.deepEqual([refused.status, refused.body.code, refused.body["found"], refused.body["wanted"]], [409, "not-enough-agents", 2, 3]);
  });

  it("has to say in one way who is in it", async () => {
    const id = newId();
    const bodies = [{}, { size: 2 }, { capabilities: ["x"] }, { members: [id], size: 1 }, { size: 1, capabilities: ["x"], roles: {} }];
    for (const body of bodies) assert.equal((await send("POST", TEAMS, { name: "x", ...body })).status, 400, JSON.stringify(body));
    const stranger = newId();
    const roles = await send("POST", TEAMS, { name: "x", members: [id], roles: { [stranger]: "lead" } });
    assert.deepEqual(roles.body.violations?.map(({ pointer }) => pointer), [`/roles/${stranger}`]);
    const many = Array.from({ length: MAX_MEMBERS + 1 }, () => newId());
    assert.deepEqual((await send("POST", TEAMS, { name: "x", members: many })).body.violations?.map(({ pointer }) => pointer), ["/members"]);
  });

  it("gets other members only at the revision that the caller names", async () => {
    const [a, b] = [await rig.newAgent(), await rig.newAgent()];
    const made = await send("POST", TEAMS, { name: "x", members: [a] });
    const path = `${TEAMS}/${made.body.id}`;
    const etag = made.headers.get("etag") ?? "";
    const changed = await send("PUT", `${path}/members`, { members: [b], roles: { [b]: "lead" } }, { "if-match": etag });
    assert.deepEqual([changed.status, changed.body["members"]], [200, [{ agentId: b, role: "lead" }]]);
    const late = [await send("PUT", `${path}/members`, { members: [a] }, { "if-match": etag }), await send("DELETE", path, undefined, { "if-match": etag })];
    for (const { status, body } of late) assert.deepEqual([status, body.code, body["currentRevision"]], [412, "precondition-failed", changed.body["revision"]]);
    const missing = newId();
    assert.deepEqual((await send("PUT", `${path}/members`, { members: [missing] })).body["unknown"], [missing]);
    assert.equal((await send("DELETE", path)).status, 204);
    assert.deepEqual([(await send("GET", path)).status, (await send("DELETE", path)).status, (await send("PUT", `${path}/members`, { members: [a] })).status], [404, 404, 404]);
  });

  it("is one for an Idempotency-Key, and the key is refused for another team", async () => {
    const [a, b] = [await rig.newAgent(), await rig.newAgent()];
    const key = { "idempotency-key": newId() };
    const first = await send("POST", TEAMS, { name: "once", members: [a] }, key);
    assert.deepEqual([first.status, (await send("POST", TEAMS, { name: "once", members: [a] }, key)).body], [201, first.body]);
    const other = await send("POST", TEAMS, { name: "once", members: [b] }, key);
    assert.deepEqual([other.status, other.body.code], [422, "idempotency-key-reused"]);
  });

  it("is listed once over all pages, in the order of creation", async () => {
    const agent = await rig.newAgent();
    const made: string[] = [];
    for (let index = 0; index < 5; index += 1) made.push((await send("POST", TEAMS, { name: `team ${index}`, members: [agent] })).body.id);
    const listed: string[] = [];
    let path = `${TEAMS}?limit=2`;
    for (;;) {
      const { body } = await send("GET", path);
      listed.push(...(body["teams"] as { id: string }[]).map(({ id }) => id));
      const cursor = body["nextCursor"] as string | undefined;
      if (cursor === undefined) break;
      path = `${TEAMS}?limit=2&cursor=${cursor}`;
    }
    assert.deepEqual(listed.filter((id) => made.includes(id)), made);
    assert.equal(new Set(listed).size, listed.length);
    assert.deepEqual((await send("GET", `${TEAMS}?cursor=zzz`)).body.violations?.map(({ pointer }) => pointer), ["cursor"]);
  });

  it("answers 501 for what is not built, 503 without etcd and without the agent service, and is back by itself", async () => {
    assert.equal((await send("POST", "/api/v1/coordination/affinity", {})).status, 501);
    const agent = await rig.newAgent();
    await rig.etcd.kill(0);
    const down = await send("GET", TEAMS);
    assert.deepEqual([down.status, down.headers.get("retry-after")], [503, "1"]);
    await rig.etcd.restart(0);
    assert.equal((await send("GET", TEAMS)).status, 200);
    await rig.stopAgents();
    const alone = await send("POST", TEAMS, { name: "x", members: [agent] });
    assert.deepEqual([alone.status, alone.body.detail.includes("'agent' service")], [503, true]);
  });
});
