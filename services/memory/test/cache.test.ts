import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { silentLogger, quietTelemetry } from "../../kit/test/support/context";
import { contract } from "../contract";
import { ItemCache } from "../src/item-cache";
import type { Item } from "../src/item";
import { startRig } from "./support/rig";
import type { Replica, Rig } from "./support/rig";

const AT = { agentId: "a", key: "k" };
const item = (revision: number, expiresAt?: string): Item => ({
  ...AT, tags: [], hasEmbedding: false, revision, createdAt: "2026-01-01T00:00:00.000Z", updatedAt: "2026-01-01T00:00:00.000Z", expiresAt, value: revision, embedding: undefined,
});

describe("cache of items, on a real Redis", function () {
  this.timeout(60_000);
  let rig: Rig;
  let replicas: Replica[];
  let caches: ItemCache[];
  const telemetry = quietTelemetry(contract);

  before(async function () {
    const started = await startRig();
    if (started === undefined) this.skip();
    rig = started;
    replicas = [await rig.replica(), await rig.replica()];
    caches = replicas.map(({ redis }) => new ItemCache({ redis, telemetry, logger: silentLogger(contract), prefix: "memory:" }));
    await connected();
  });
  beforeEach(() => rig.redis.admin("FLUSHALL"));
  after(async () => {
    await telemetry.shutdown();
    await rig?.stop();
  });

  async function connected(): Promise<void> {
    for (const { redis } of replicas) while ((await redis.check(AbortSignal.timeout(1_000)).catch(() => "not yet")) !== undefined) await sleep(10);
  }

  const [A, B] = [(): ItemCache => caches[0] as ItemCache, (): ItemCache => caches[1] as ItemCache];

  async function lease(cache: ItemCache): Promise<Parameters<ItemCache["fill"]>[0]> {
    const read = await cache.read(AT);
    assert.equal(read.kind, "lease");
    return read.kind === "lease" ? read.lease : assert.fail();
  }

  it("is filled by one reader, for all", async () => {
    const held = await lease(A());
    assert.equal((await B().read(AT)).kind, "bypass", "another is on its way");
    await A().fill(held, item(1));
    assert.deepEqual(await B().read(AT), { kind: "hit", item: JSON.parse(JSON.stringify(item(1))) });
  });

  it("refuses what a reader brings that set out before a write", async () => {
    const held = await lease(A());
    await B().close(AT);
    await A().fill(held, item(1));
    assert.equal((await A().read(AT)).kind, "bypass", "a writer is at it");
    await B().open(AT);
    await A().fill(held, item(1));
    await A().fill(await lease(A()), item(2));
    const read = await B().read(AT);
    assert.equal(read.kind === "hit" ? read.item.revision : read.kind, 2);
  });

  it("stays closed until the last of several writers is done", async () => {
    await A().close(AT);
    await B().close(AT);
    await A().open(AT);
    assert.equal((await A().read(AT)).kind, "bypass");
    await B().open(AT);
    await lease(A());
  });

  it("is emptied by a writer whose mark was lost", async () => {
    await A().close(AT);
    await rig.redis.admin("FLUSHALL");
    await B().fill(await lease(B()), item(1));
    await A().open(AT);
    await lease(B());
  });

  it("keeps nothing that has expired, and nothing beyond its time", async () => {
    await A().fill(await lease(A()), item(1, new Date(Date.now() - 1).toISOString()));
    assert.equal((await A().read(AT)).kind, "bypass", "still leased");
    await rig.redis.admin("FLUSHALL");
    await A().fill(await lease(A()), item(1, new Date(Date.now() + 5_000).toISOString()));
    const [key] = (await rig.redis.admin("KEYS", "*")) as string[];
    const left = Number(await rig.redis.admin("PTTL", key ?? ""));
    assert.ok(left > 0 && left <= 5_000, String(left));
  });

  it("does not look at what a former life of the server has left", async () => {
    await A().fill(await lease(A()), item(1));
    const [key = ""] = (await rig.redis.admin("KEYS", "*")) as string[];
    await rig.redis.kill();
    await rig.redis.restart();
    await connected();
    // As a server does that reads its data from disk.
    await rig.redis.admin("HSET", key, "value", JSON.stringify(item(1)));
    await sleep(1_100);
    assert.equal((await A().read(AT)).kind, "lease");
  });

  it("is done without while Redis does not answer, and has nothing old when it does again", async () => {
    const [first, second] = replicas as [Replica, Replica];
    const value = async ({ send }: Replica): Promise<unknown> => (await send("GET", "/h/items/k")).body["value"];
    await first.send("PUT", "/h/items/k", { value: 1 });
    assert.deepEqual([await value(first), await value(second)], [1, 1]);
    await rig.redis.admin("CLIENT", "PAUSE", "3000", "ALL");
    assert.equal((await first.send("PUT", "/h/items/k", { value: 2 })).status, 200);
    assert.deepEqual([await value(first), await value(second)], [2, 2]);
    // Answered when the pause is over.
    await rig.redis.admin("PING");
    await sleep(1_100);
    assert.deepEqual([await value(second), await value(first), await value(second)], [2, 2, 2]);
  });

  it("never answers a value older than an acknowledged write, whoever reads and writes, and while Redis comes and goes", async () => {
    const keys = ["x", "y"];
    const acknowledged = new Map(keys.map((key) => [key, 0]));
    let running = true;
    let reads = 0;
    let next = 0;
    const writer = async ({ send }: Replica): Promise<void> => {
      while (running) {
        const key = keys[next % keys.length] ?? "";
        const value = (next += 1);
        const { status, body } = await send("PUT", `/w/items/${key}`, { value });
        assert.ok(status === 200 || status === 201, JSON.stringify(body));
        acknowledged.set(key, Math.max(acknowledged.get(key) ?? 0, body["revision"] as number));
        // Leaves time in which the cache is open.
        await sleep(40);
      }
    };
    const reader = async ({ send }: Replica): Promise<void> => {
      while (running) {
        for (const key of keys) {
          const least = acknowledged.get(key) ?? 0;
          const { status, body } = await send("GET", `/w/items/${key}`);
          if (least === 0 && status === 404) continue;
          assert.equal(status, 200, JSON.stringify(body));
          assert.ok(Number(body["revision"]) >= least, `${key} is at ${least} and was read at ${Number(body["revision"])}`);
          reads += 1;
        }
      }
    };
    const work = Promise.all(replicas.flatMap((replica) => [writer(replica), reader(replica), reader(replica)]));
    const disturb = async (): Promise<void> => {
      await sleep(700);
      await rig.redis.kill();
      await sleep(300);
      await rig.redis.restart();
      await sleep(1_500);
      await rig.redis.admin("FLUSHALL");
      await sleep(300);
    };
    await Promise.race([work, disturb()]).finally(() => (running = false));
    await work;
    const text = (await Promise.all(replicas.map((replica) => replica.telemetry.prometheus()))).join("\n");
    const count = (outcome: string): number =>
      [...text.matchAll(new RegExp(`^memory_cache_reads_total\\{outcome="${outcome}".*\\} (\\d+)$`, "gm"))].reduce((sum, [, each]) => sum + Number(each), 0);
    assert.ok(count("hit") > 0 && count("bypass") > 0 && count("lease") > 0, text);
    console.log(`      ${next} writes, ${reads} reads; of all reads ${count("hit")} from the cache, ${count("bypass")} past it`);
  });
});
