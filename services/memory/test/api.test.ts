import Ajv from "ajv";
import assert from "node:assert/strict";
import { MAX_VALUE_BYTES, MAX_VALUE_DEPTH } from "../limits";
import { ExperienceView, HitList, ItemView } from "../schemas";
import { sweep } from "../src/sweeper";
import { DIMENSION, startRig } from "./support/rig";
import type { Answered, Replica, Rig } from "./support/rig";

const ajv = new Ajv({ strict: false });
const isItem = ajv.compile(ItemView);
const isHitList = ajv.compile(HitList);
const isExperience = ajv.compile(ExperienceView);

describe("memory API, on a real PostgreSQL and Redis", function () {
  this.timeout(60_000);
  let rig: Rig;
  let replica: Replica;

  before(async function () {
    const started = await startRig();
    if (started === undefined) this.skip();
    rig = started;
    replica = await rig.replica();
  });
  after(() => rig?.stop());
  afterEach(() => replica?.postgres.query("delete from item"));

  const put = (key: string, body: unknown, headers?: Record<string, string>): Promise<Answered> => replica.send("PUT", `/a/items/${key}`, body, headers);
  const get = (key: string, headers?: Record<string, string>): Promise<Answered> => replica.send("GET", `/a/items/${key}`, undefined, headers);
  const query = (body: unknown): Promise<Answered> => replica.send("POST", "/query", body);
  const keysOf = ({ body }: Answered): string[] => (body["hits"] as { item: { key: string } }[]).map(({ item }) => item.key);

  it("gives back what it was given, and forgets it when told", async () => {
    const sent = { value: { text: "Grüße", list: [1, null, true, 0.1], 9: {} }, tags: ["b", "a"], embedding: [1, 0, -0.5, 0.25] };
    const made = await put("k", sent);
    assert.deepEqual([made.status, made.body["hasEmbedding"], made.headers.get("etag")], [201, true, `"${String(made.body["revision"])}"`]);
    for (const read of [await get("k"), await get("k")]) {
      assert.equal(read.status, 200);
      assert.ok(isItem(read.body), JSON.stringify(isItem.errors));
      assert.deepEqual([read.body.value, read.body.tags, read.body.embedding], [sent.value, sent.tags, sent.embedding]);
      assert.equal(read.headers.get("etag"), made.headers.get("etag"));
    }
    const replaced = await put("k", { value: null });
    assert.equal(replaced.status, 200);
    assert.ok(Number(replaced.body["revision"]) > Number(made.body["revision"]));
    assert.equal(replaced.body["createdAt"], made.body["createdAt"]);
    assert.deepEqual([(await get("k")).body["value"], (await get("k")).body["embedding"]], [null, undefined]);
    assert.equal((await replica.send("DELETE", "/a/items/k")).status, 204);
    for (const late of [await get("k"), await replica.send("DELETE", "/a/items/k")]) assert.deepEqual([late.status, late.body.code], [404, "not-found"]);
  });

  it("keeps the items of two agents apart", async () => {
    await put("k", { value: "mine" });
    assert.equal((await replica.send("GET", "/b/items/k")).status, 404);
    assert.deepEqual((await replica.send("GET", "/b/items")).body["items"], []);
  });

  it("changes only what the caller has seen, and says 304 to who knows it", async () => {
    const first = (await put("k", { value: 1 }, { "if-none-match": "*" })).headers.get("etag") ?? "";
    assert.equal((await put("k", { value: 2 }, { "if-none-match": "*" })).status, 412);
    const second = (await put("k", { value: 3 }, { "if-match": first })).headers.get("etag") ?? "";
    for (const late of [await put("k", { value: 4 }, { "if-match": first }), await replica.send("DELETE", "/a/items/k", undefined, { "if-match": first })]) {
      assert.deepEqual([late.status, late.body.code, `"${String(late.body["currentRevision"])}"`], [412, "precondition-failed", second]);
    }
    assert.equal((await put("other", { value: 4 }, { "if-match": "*" })).status, 412);
    assert.equal((await get("k")).body["value"], 3);
    const known = await get("k", { "if-none-match": second });
    assert.deepEqual([known.status, known.body, known.headers.get("etag")], [304, undefined, second]);
    assert.equal((await get("k", { "if-none-match": first })).status, 200);
    assert.equal((await replica.send("DELETE", "/a/items/k", undefined, { "if-match": second })).status, 204);
  });

  it("lets one of many callers win a revision", async () => {
    const etag = (await put("k", { value: 0 })).headers.get("etag") ?? "";
    const answers = await Promise.all(Array.from({ length: 20 }, (_, value) => put("k", { value }, { "if-match": etag })));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    assert.equal(answers.filter(({ status }) => status === 412).length, 19);
    const created = await Promise.all(Array.from({ length: 20 }, (_, value) => put("new", { value }, { "if-none-match": "*" })));
    assert.equal(created.filter(({ status }) => status === 201).length, 1);
  });

  it("lists by prefix and tag, in pages", async () => {
    for (const key of ["a.1", "a.2", "a.3", "b.1", "B"]) await put(key, { value: key, tags: key === "a.2" ? ["x"] : ["x", "y"] });
    const keys = async (search: string): Promise<string[]> => ((await replica.send("GET", `/a/items?${search}`)).body["items"] as { key: string }[]).map(({ key }) => key);
    assert.deepEqual(await keys(""), ["B", "a.1", "a.2", "a.3", "b.1"]);
    assert.deepEqual(await keys("prefix=a."), ["a.1", "a.2", "a.3"]);
    assert.deepEqual(await keys("prefix=a.&tag=y"), ["a.1", "a.3"]);
    const first = await replica.send("GET", "/a/items?limit=2&tag=y");
    assert.deepEqual((first.body["items"] as { key: string }[]).map(({ key }) => key), ["B", "a.1"]);
    assert.deepEqual(Object.keys((first.body["items"] as object[])[0] ?? {}).includes("value"), false);
    const rest = await replica.send("GET", `/a/items?limit=2&tag=y&cursor=${String(first.body["nextCursor"])}`);
    assert.deepEqual([(rest.body["items"] as { key: string }[]).map(({ key }) => key), rest.body["nextCursor"]], [["a.3", "b.1"], undefined]);
    const foreign = await replica.send("GET", "/a/items?cursor=zzz");
    assert.deepEqual([foreign.status, foreign.body.violations?.[0]?.pointer], [400, "cursor"]);
  });

  it("has no item past its time, and sweeps it", async () => {
    await put("short", { value: "gone", ttlSeconds: 60, embedding: [1, 0, 0, 0] });
    const made = await get("short");
    assert.equal(Date.parse(made.body["expiresAt"] as string) - Date.parse(made.body["updatedAt"] as string), 60_000);
    await put("long", { value: "kept" });
    // A write closes the cache's copy, as any does.
    await put("short", { value: "gone", ttlSeconds: 60, embedding: [1, 0, 0, 0] });
    const rows = async (): Promise<number> => (await replica.postgres.query("select 1 from item where key = 'short'")).count;
    await replica.postgres.transaction(async ({ query: held }) => {
      // As if another replica were sweeping; the service's own sweeper stays away as well.
      await held("select pg_advisory_xact_lock(hashtextextended('memory sweep', 0))");
      await replica.postgres.query("update item set expires_at = now() - interval '1 second' where key = 'short'");
      assert.equal((await get("short")).status, 404);
      assert.deepEqual(keysOf(await query({ embedding: [1, 0, 0, 0] })), []);
      assert.equal(((await replica.send("GET", "/a/items")).body["items"] as unknown[]).length, 1);
      assert.deepEqual([await sweep(replica.postgres), await rows()], [0, 1]);
    });
    await sweep(replica.postgres);
    assert.equal(await rows(), 0);
    assert.equal((await get("long")).status, 200);
    assert.equal((await put("short", { value: "again" }, { "if-none-match": "*" })).status, 201);
  });

  it("takes something new under a key whose item has expired and was not swept", async () => {
    const old = await put("k", { value: "old", ttlSeconds: 60 });
    await replica.postgres.query("update item set expires_at = now() - interval '1 second'");
    const made = await put("k", { value: "new" }, { "if-none-match": "*" });
    assert.equal(made.status, 201);
    assert.ok(Number(made.body["revision"]) > Number(old.body["revision"]));
    assert.notEqual(made.body["createdAt"], old.body["createdAt"]);
  });

  it("finds by embedding, by words, by tags, and by all of them", async () => {
    await put("north", { value: { note: "the red fox jumps" }, tags: ["x"], embedding: [1, 0, 0, 0] });
    await put("north-east", { value: ["a blue whale", { deep: "swims far" }], tags: ["x", "y"], embedding: [1, 1, 0, 0] });
    await put("south", { value: "the red whale", tags: ["y"], embedding: [-1, 0, 0, 0] });
    await put("mute", { value: "red paint" });
    await replica.send("PUT", "/b/items/other", { value: "red", embedding: [1, 0, 0, 0] });
    const near = await query({ agentId: "a", embedding: [2, 0.1, 0, 0] });
    assert.ok(isHitList(near.body), JSON.stringify(isHitList.errors));
    assert.deepEqual(keysOf(near), ["north", "north-east", "south"]);
    const [best, , worst] = near.body["hits"] as { score: number; similarity: number }[];
    assert.equal(best?.score, 1);
    assert.ok((best?.similarity ?? 0) > 0.99 && (worst?.similarity ?? 0) < -0.99);
    assert.deepEqual(keysOf(await query({ agentId: "a", text: "red -whale" })).sort(), ["mute", "north"]);
    assert.deepEqual(keysOf(await query({ agentId: "a", text: "SWIMS" })), ["north-east"]);
    assert.deepEqual(keysOf(await query({ agentId: "a", tags: ["x"] })), ["north-east", "north"], "newest first");
    assert.deepEqual(keysOf(await query({ agentId: "a", tags: ["x", "y"], embedding: [1, 0, 0, 0] })), ["north-east"]);
    const both = await query({ agentId: "a", embedding: [-1, 0.1, 0, 0], text: "red" });
    assert.equal(keysOf(both)[0], "south", "near the top of both rankings");
    assert.deepEqual(keysOf(both).sort(), ["mute", "north", "north-east", "south"]);
    assert.deepEqual(keysOf(await query({ agentId: "a", embedding: [-1, 0.1, 0, 0], text: "red", minScore: 0.9 })), ["south", "north"]);
    assert.deepEqual(keysOf(await query({ agentId: "a", embedding: [1, 0, 0, 0], limit: 1 })), ["north"]);
    assert.equal(keysOf(await query({ embedding: [1, 0, 0, 0] })).length, 4, "of all agents");
    const nothing = await query({ agentId: "a" });
    assert.deepEqual([nothing.status, nothing.body.violations?.length], [400, 1]);
  });

  it("adds experiences and lists them, newest first", async () => {
    for (const task of ["one", "two", "three"]) {
      const added = await replica.send("POST", "/a/experiences", { task, outcome: "done", reward: -0.5, embedding: [0, 0, 0, 1] });
      assert.equal(added.status, 201);
      assert.ok(isExperience(added.body), JSON.stringify(isExperience.errors));
    }
    const first = await replica.send("GET", "/a/experiences?limit=2");
    const tasks = ({ body }: Answered): string[] => (body["experiences"] as { task: string }[]).map(({ task }) => task);
    assert.deepEqual(tasks(first), ["three", "two"]);
    const rest = await replica.send("GET", `/a/experiences?limit=2&cursor=${String(first.body["nextCursor"])}`);
    assert.deepEqual([tasks(rest), rest.body["nextCursor"]], [["one"], undefined]);
    assert.deepEqual(tasks(await replica.send("GET", "/b/experiences")), []);
    assert.equal((await replica.send("POST", "/a/experiences", { task: "", reward: "much" })).body.violations?.length, 3);
    const once = { task: "once", outcome: "done", reward: 1 };
    const ids = await Promise.all([1, 2].map(async () => (await replica.send("POST", "/c/experiences", once, { "idempotency-key": "k" })).status));
    assert.ok(ids.includes(201) && ids.every((status) => status === 201 || status === 409));
    assert.equal((await replica.send("POST", "/c/experiences", once, { "idempotency-key": "k" })).headers.get("idempotency-replayed"), "true");
    assert.deepEqual(tasks(await replica.send("GET", "/c/experiences")), ["once"]);
  });

  it("refuses what it could not give back, and lists all of it", async () => {
    const refused = async (body: unknown): Promise<string> => {
      const { status, body: found } = await put("k", body);
      assert.equal(status, 400, JSON.stringify(found));
      return (found.violations ?? []).map(({ pointer, detail }) => `${pointer} ${detail}`).join("\n");
    };
    const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
    assert.match(await refused({ value: nested(MAX_VALUE_DEPTH + 1) }), /nested deeper than 32/);
    assert.equal((await put("k", { value: nested(MAX_VALUE_DEPTH) })).status, 201);
    assert.match(await refused({ value: "x".repeat(MAX_VALUE_BYTES - 1) }), /65537 bytes/);
    assert.equal((await put("k", { value: "x".repeat(MAX_VALUE_BYTES - 2) })).status, 200);
    assert.match(await refused({ value: { "a\0": "\ud800" } }), /U\+0000[^]*surrogate/);
    assert.match(await refused({ value: 1, embedding: [1] }), /has 1 numbers and needs 4/);
    assert.match(await refused({ value: 1, embedding: [0, 0, 0, 1e-9] }), /no direction/);
    assert.match(await refused({ tags: ["a b", "a b"], ttlSeconds: 0 }), /\/value is required[^]*\/tags|\/tags[^]*\/value is required/);
    assert.equal((await query({ embedding: [1, 2] })).status, 400);
    assert.equal((await query({ text: "a\0" })).status, 400);
    assert.equal((await replica.send("POST", "/a/experiences", { task: "\0", outcome: "\0", reward: 0 })).body.violations?.length, 2);
    assert.equal((await put("-", { value: 1 })).status, 400);
    assert.equal((await replica.send("POST", "/graph/query", {})).status, 501);
  });

  it("keeps numbers that JavaScript can hold, and refuses those it cannot", async () => {
    const send = (json: string) =>
      fetch(`http://127.0.0.1:${replica.service.port}/api/v1/memory/a/items/n`, { method: "PUT", body: json, headers: { "content-type": "application/json" } });
    assert.equal((await send('{"value": 1e400}')).status, 400);
    assert.equal((await send('{"value": 1.7976931348623157e308}')).status, 201);
    assert.equal((await get("n")).body["value"], Number.MAX_VALUE);
  });

  it("is not ready with another dimension than the database has, and says what to set", async () => {
    const other = await rig.replica(DIMENSION + 1);
    const ready = await fetch(`http://127.0.0.1:${other.service.adminPort}/readyz`);
    assert.match(await ready.text(), /'MEMORY_EMBEDDING_DIMENSION' \(5\) must be 4/);
    assert.equal((await other.send("PUT", "/a/items/k", { value: 1, embedding: [1, 1, 1, 1, 1] })).status, 503);
    assert.equal((await fetch(`http://127.0.0.1:${replica.service.adminPort}/readyz`)).status, 200);
  });

  it("answers 503 while PostgreSQL is gone, and is back by itself", async () => {
    await put("k", { value: 1 });
    await rig.postgres.kill();
    const refused = await put("k", { value: 2 });
    assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "1"]);
    assert.equal((await query({ text: "x" })).status, 503);
    await rig.postgres.restart();
    assert.equal((await put("k", { value: 3 })).status, 200);
    assert.equal((await get("k")).body["value"], 3);
  });
});
