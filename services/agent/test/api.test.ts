import Ajv from "ajv";
import assert from "node:assert/strict";
import { capabilityFolder, recordKey, typeFolder } from "../src/keys";
import { madeAtMs, newId } from "../../kit/src/uuid";
import { MAX_CAPABILITIES, MAX_METADATA_BYTES, MAX_METADATA_DEPTH, MAX_PAGE_SIZE, MAX_SCANNED_PER_PAGE } from "../limits";
import { AgentView } from "../schemas";
import { startRig } from "./support/service";
import type { Api, Rig } from "./support/service";

const isAgent = new Ajv({ strict: false }).compile(AgentView);

describe("agent API, on a real etcd", () => {
  let rig: Rig;
  let api: Api;

  before(async function () {
    const started = await startRig();
    if (started === undefined) this.skip();
    rig = started;
    api = rig.api;
  });
  after(() => rig?.stop());
  afterEach(async () => {
    for (const { id } of (await rig?.api.all({ limit: String(MAX_PAGE_SIZE) })) ?? []) await api.delete(id);
  });

  it("creates an agent, and says where it is", async () => {
    const sent = { type: "coder", capabilities: ["search", "code"], metadata: { owner: { team: "x" }, n: 1 } };
    const { status, headers, body } = await api.create(sent);
    assert.equal(status, 201);
    assert.ok(isAgent(body), JSON.stringify(isAgent.errors));
    assert.deepEqual([body.type, body.capabilities, body.metadata, body.state, body.region], ["coder", ["code", "search"], sent.metadata, "pending", "test"]);
    assert.equal(headers.get("location"), `/api/v1/agents/${body.id}`);
    assert.equal(headers.get("etag"), `"${body.revision}"`);
    const read = await api.get(body.id);
    assert.deepEqual([read.status, read.body], [200, body]);
    assert.equal(read.headers.get("etag"), headers.get("etag"));
  });

  it("stores the record and all keys that lead to it in one revision", async () => {
    const { body } = await api.create({ type: "coder", capabilities: ["a", "b"] });
    const keys = [recordKey(body.id), `${capabilityFolder("a")}${body.id}`, `${capabilityFolder("b")}${body.id}`, `${typeFolder("coder")}${body.id}`];
    const entries = await Promise.all(keys.map((key) => rig.client.get(key)));
    assert.deepEqual(entries.map((entry) => Number(entry?.createRevision)), keys.map(() => body.revision));
    assert.deepEqual((await rig.keys()).sort(), keys.sort());
  });

  it("moves through its states, and answers 409 with the allowed ones to an illegal move", async () => {
    const { body: made } = await api.create({ type: "coder" });
    const ready = await api.move(made.id, "ready");
    assert.deepEqual([ready.status, ready.body.state], [200, "ready"]);
    assert.ok(ready.body.revision > made.revision);
    assert.equal(ready.headers.get("etag"), `"${ready.body.revision}"`);
    const refused = await api.move(made.id, "pending");
    assert.deepEqual([refused.status, refused.body.code], [409, "illegal-transition"]);
    assert.deepEqual(refused.body["allowed"], ["allocated", "draining", "failed", "terminated"]);
    assert.deepEqual((await api.get(made.id)).body, ready.body, "nothing was changed");
    assert.deepEqual((await api.move(made.id, "sleeping")).body.violations?.map(({ pointer }) => pointer), ["/state"]);
  });

  it("changes and deletes only the revision that the caller names", async () => {
    const { body: made } = await api.create({ type: "coder" });
    const old = `"${made.revision}"`;
    const moved = await api.move(made.id, "ready", old);
    assert.equal(moved.status, 200);
    for (const late of [await api.move(made.id, "allocated", old), await api.delete(made.id, old)]) {
      assert.deepEqual([late.status, late.body.code, late.body["currentRevision"]], [412, "precondition-failed", moved.body.revision]);
    }
    assert.equal((await api.move(made.id, "allocated", "*")).status, 200);
    assert.equal((await api.move(made.id, "ready", "latest")).status, 400);
  });

  it("deletes an agent and every key that leads to it", async () => {
    const { body } = await api.create({ type: "coder", capabilities: ["a", "b"], metadata: {} }, { "idempotency-key": "k1" });
    assert.equal((await rig.keys()).length, 5);
    const gone = await api.delete(body.id);
    assert.deepEqual([gone.status, gone.body], [204, undefined]);
    assert.deepEqual(await rig.keys(), []);
    for (const late of [await api.get(body.id), await api.delete(body.id), await api.move(body.id, "ready")]) {
      assert.deepEqual([late.status, late.body.code], [404, "not-found"]);
    }
  });

  it("deletes for clients that send a content type without content, too", async () => {
    const { body } = await api.create({ type: "coder" });
    assert.equal((await api.send("DELETE", `/api/v1/agents/${body.id}`, undefined, { "content-type": "application/json" })).status, 204);
  });

  it("lists by capability, type and state, and by all of them", async () => {
    const make = async (type: string, capabilities: string[], state?: string): Promise<string> => {
      const { body } = await api.create({ type, capabilities });
      if (state !== undefined) await api.move(body.id, state);
      return body.id;
    };
    const a = await make("coder", ["x", "y"], "ready");
    const b = await make("coder", ["x"]);
    const c = await make("writer", ["x", "xy"], "ready");
    const d = await make("writer", []);
    const ids = async (query: Record<string, string>): Promise<string[]> => (await api.all(query)).map(({ id }) => id);
    assert.deepEqual(await ids({}), [a, b, c, d], "in the order of creation");
    assert.deepEqual(await ids({ capability: "x" }), [a, b, c]);
    assert.deepEqual(await ids({ capability: "xy" }), [c], "a capability whose name starts with another's is another");
    assert.deepEqual(await ids({ capability: "none" }), []);
    assert.deepEqual(await ids({ type: "coder" }), [a, b]);
    assert.deepEqual(await ids({ state: "ready" }), [a, c]);
    assert.deepEqual(await ids({ capability: "x", type: "coder", state: "ready" }), [a]);
    assert.deepEqual(await ids({ type: "writer", state: "pending" }), [d]);
  });

  it("gives every agent once over its pages, even when a page's last one is deleted in between", async () => {
    const made: string[] = [];
    for (let index = 0; index < 7; index += 1) made.push((await api.create({ type: "coder", capabilities: ["x"] })).body.id);
    const first = (await api.list({ capability: "x", limit: "3" })).body;
    assert.deepEqual(first.agents.map(({ id }) => id), made.slice(0, 3));
    await api.delete(made[2] ?? "");
    const second = (await api.list({ capability: "x", limit: "3", cursor: first.nextCursor ?? "" })).body;
    assert.deepEqual(second.agents.map(({ id }) => id), made.slice(3, 6));
    const third = (await api.list({ capability: "x", limit: "3", cursor: second.nextCursor ?? "" })).body;
    assert.deepEqual([third.agents.map(({ id }) => id), third.nextCursor], [made.slice(6), undefined]);
  });

  it("ends a page that fits exactly without a cursor", async () => {
    for (let index = 0; index < 2; index += 1) await api.create({ type: "coder", capabilities: ["x"] });
    const queries: Record<string, string>[] = [{ capability: "x" }, {}, { type: "coder" }];
    for (const query of queries) {
      const { body } = await api.list({ ...query, limit: "2" });
      assert.deepEqual([body.agents.length, body.nextCursor], [2, undefined]);
    }
  });

  it("looks at no more than a limited number of agents for one page, and goes on with the next", async function () {
    this.timeout(60_000);
    const total = MAX_SCANNED_PER_PAGE + 20;
    const pending = Array.from({ length: total }, (_, index) => index);
    const worker = async (): Promise<void> => {
      while (pending.pop() !== undefined) await api.create({ type: "coder", capabilities: ["x"] });
    };
    await Promise.all(Array.from({ length: 20 }, worker));
    const last = (await api.all({ capability: "x", limit: "100" })).at(-1);
    await api.move(last?.id ?? "", "ready");
    const first = (await api.list({ capability: "x", state: "ready", limit: "100" })).body;
    assert.deepEqual(first.agents, []);
    assert.notEqual(first.nextCursor, undefined);
    assert.deepEqual((await api.all({ capability: "x", state: "ready", limit: "100" })).map(({ id }) => id), [last?.id]);
  });

  it("refuses a cursor that it did not make", async () => {
    for (const cursor of ["zzz", Buffer.from("after:../../x").toString("base64url")]) {
      const { status, body } = await api.list({ cursor });
      assert.deepEqual([status, body.violations?.map(({ pointer }) => pointer)], [400, ["cursor"]]);
    }
  });

  it("makes one agent of a request that is sent again with its Idempotency-Key, at the same time or later", async () => {
    const request = { type: "coder", capabilities: ["b", "a"], metadata: { x: 1, y: 2 } };
    const key = { "idempotency-key": "order 66" };
    const answers = await Promise.all(Array.from({ length: 20 }, () => api.create(request, key)));
    answers.push(await api.create({ metadata: { y: 2, x: 1 }, capabilities: ["a", "b"], type: "coder" }, key));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]));
    assert.equal(new Set(answers.map(({ body }) => body.id)).size, 1);
    assert.equal((await api.all({})).length, 1);
    const other = await api.create({ ...request, type: "writer" }, key);
    assert.deepEqual([other.status, other.body.code], [422, "idempotency-key-reused"]);
    await api.delete(answers[0]?.body.id ?? "");
    assert.notEqual((await api.create(request, key)).body.id, answers[0]?.body.id, "the key lives as long as its agent");
  });

  it("limits everything a caller can make large, and lists all that is too large", async () => {
    const many = Array.from({ length: MAX_CAPABILITIES + 1 }, (_, index) => `c${index}`);
    const { status, body } = await api.create({ type: "x".repeat(65), capabilities: many, metadata: [], state: "ready" });
    assert.deepEqual([status, body.violations?.map(({ pointer }) => pointer).sort()], [400, ["/capabilities", "/metadata", "/state", "/type", "/type"]]);
    assert.equal((await api.create({ type: "coder", capabilities: many.slice(1) })).status, 201);
    for (const name of ["a/b", "", " a", "ä", "-a"]) assert.equal((await api.create({ type: "coder", capabilities: [name] })).status, 400, name);
    assert.equal((await api.create({ type: "coder", capabilities: ["a", "a"] })).status, 400);
    assert.match((await api.create({ type: "coder", metadata: { x: "y".repeat(MAX_METADATA_BYTES) } })).body.detail, /at most 16384 are kept/);
    const nested = (levels: number): unknown => (levels === 1 ? {} : { x: nested(levels - 1) });
    assert.equal((await api.create({ type: "coder", metadata: nested(MAX_METADATA_DEPTH) })).status, 201);
    assert.match((await api.create({ type: "coder", metadata: nested(MAX_METADATA_DEPTH + 1) })).body.detail, /deeper than 6 levels/);
    assert.equal((await api.create({ type: "coder" }, { "idempotency-key": "k".repeat(129) })).status, 400);
    const queries: Record<string, string>[] = [{ limit: "0" }, { limit: "101" }, { state: "x" }, { capability: "a/b" }, { page: "2" }];
    for (const query of queries) {
      assert.equal((await api.list(query)).status, 400, JSON.stringify(query));
    }
  });

  it("answers 404 to an unknown id, 400 to what is none, and 501 to what is not built", async () => {
    assert.equal((await api.get(newId())).status, 404);
    assert.equal((await api.get("no-id")).status, 400);
    assert.equal((await api.send("POST", `/api/v1/agents/${newId()}/heartbeat`)).status, 501);
  });
});

describe("agent id", () => {
  it("is a UUID of version 7 that sorts by the time it was made", () => {
    const ids = [1, 2 ** 20, Date.UTC(2026, 0), Date.UTC(2100, 0)].map((nowMs) => newId(nowMs));
    for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.deepEqual([...ids].sort(), ids);
    assert.deepEqual(ids.map(madeAtMs), [1, 2 ** 20, Date.UTC(2026, 0), Date.UTC(2100, 0)]);
    assert.notEqual(newId(1), newId(1));
  });
});
