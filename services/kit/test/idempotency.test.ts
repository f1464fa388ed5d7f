import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { problem } from "../src";
import type { ProblemDocument, Telemetry } from "../src";
import { EtcdClient } from "../src/etcd";
import { EtcdIdempotencyStore, PostgresIdempotencyStore, claimSeconds } from "../src/idempotency";
import type { IdempotencyStore } from "../src/idempotency";
import { createPostgres } from "../src/postgres";
import type { Postgres } from "../src/postgres";
import { LocalRateLimiter } from "../src/rate-limit";
import { StoreError } from "../src/store-error";
import { quietTelemetry, silentLogger } from "./support/context";
import { NO_ETCD, findEtcd, startEtcd } from "./support/etcd-server";
import { guarded, startGuarded } from "./support/guarded";
import type { RunningGuarded } from "./support/guarded";
import { NO_POSTGRES, findPostgres, startPostgres } from "./support/postgres-server";

interface Backend {
  readonly store: IdempotencyStore;
  /** As if the time of all that is kept were over. */
  readonly expire: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

async function onEtcd(binary: string): Promise<Backend> {
  const server = await startEtcd(binary);
  const client = new EtcdClient({ endpoints: server.endpoints, tls: server.tls });
  const expire = async (): Promise<void> => {
    for (const { lease } of (await client.list("/x/", { limit: 1_000 })).entries) await client.revokeLease(lease).catch(() => undefined);
  };
  return { store: new EtcdIdempotencyStore(client, "/x/", claimSeconds(0)), expire, stop: async () => { client.close(); await server.stop(); } };
}

async function onPostgres(binaries: string): Promise<Backend> {
  const server = await startPostgres(binaries);
  const logger = silentLogger(guarded);
  const telemetry: Telemetry = quietTelemetry(guarded, logger);
  const postgres: Postgres = createPostgres({ settings: await server.addService("guarded"), telemetry, logger, applicationName: "guarded" });
  return {
    store: new PostgresIdempotencyStore(postgres, claimSeconds(0)),
    expire: async () => void (await postgres.query("update idempotency_key set expires_at = now() - interval '1 second'")),
    stop: async () => { await postgres.end(); await telemetry.shutdown(); await server.stop(); },
  };
}

const etcd = findEtcd();
const postgres = findPostgres();
const backends: Readonly<Record<string, { readonly missing: string; readonly start: (() => Promise<Backend>) | undefined }>> = {
  etcd: { missing: NO_ETCD, start: etcd === undefined ? undefined : () => onEtcd(etcd) },
  PostgreSQL: { missing: NO_POSTGRES, start: postgres === undefined ? undefined : () => onPostgres(postgres) },
};

for (const [name, { missing, start }] of Object.entries(backends)) {
  describe(`idempotency keys on ${name}`, function () {
    this.timeout(60_000);
    let backend: Backend;
    let service: RunningGuarded;
    let made = 0;
    let work: () => Promise<void>;

    before(async function () {
      if (start === undefined) {
        console.log(`      ${missing}`);
        this.skip();
      }
      backend = await start();
      service = await startGuarded({ limiter: new LocalRateLimiter(), idempotency: backend.store }, async () => {
        made += 1;
        const number = made;
        await work();
        return { status: 201, headers: { location: `/guarded/${number}` }, body: { number } };
      });
    });
    beforeEach(() => {
      made = 0;
      work = () => Promise.resolve();
    });
    after(async () => {
      await service?.stop();
      await backend?.stop();
    });

    async function post(key: string | undefined, body: unknown = { name: "a", size: 1 }): Promise<{ status: number; headers: Headers; body: ProblemDocument & { number?: number } }> {
      const headers = { "content-type": "application/json", ...(key === undefined ? {} : { "idempotency-key": key }) };
      const response = await fetch(service.url, { method: "POST", body: JSON.stringify(body), headers });
      return { status: response.status, headers: response.headers, body: (await response.json()) as ProblemDocument & { number?: number } };
    }

    it("give every repetition the first answer, and do the work once", async () => {
      const key = randomUUID();
      const first = await post(key);
      const again = await post(key, { size: 1, name: "a" });
      assert.deepEqual([first.status, first.body.number, first.headers.get("idempotency-replayed")], [201, 1, null]);
      assert.deepEqual([again.status, again.body.number, again.headers.get("location"), again.headers.get("idempotency-replayed")], [201, 1, "/guarded/1", "true"]);
      assert.equal(made, 1);
      assert.equal((await post(randomUUID())).body.number, 2);
      assert.equal((await post(undefined)).body.number, 3);
    });

    it("refuse another request under the same key, and a malformed key", async () => {
      const key = randomUUID();
      await post(key);
      const reused = await post(key, { name: "b" });
      assert.deepEqual([reused.status, reused.body.code], [422, "idempotency-key-reused"]);
      const malformed = await post("a b");
      assert.deepEqual([malformed.status, malformed.body.violations?.[0]?.pointer], [400, "idempotency-key"]);
      assert.equal(made, 1);
    });

    it("let one of many at the same time through", async () => {
      const key = randomUUID();
      let go: (() => void) | undefined;
      work = () => new Promise((resolve) => (go = resolve));
      const first = post(key);
      while (go === undefined) await new Promise((resolve) => setImmediate(resolve));
      const others = await Promise.all([post(key), post(key), post(key)]);
      assert.deepEqual(others.map(({ status, headers }) => [status, headers.get("retry-after")]), [[409, "1"], [409, "1"], [409, "1"]]);
      go();
      assert.equal((await first).status, 201);
      assert.equal(made, 1);
    });

    it("are free again when nothing was done, and stay taken when that is not known", async () => {
      const key = randomUUID();
      work = () => Promise.reject(problem("unavailable", "not now"));
      assert.equal((await post(key)).status, 503);
      work = () => Promise.reject(new StoreError("deadline", "lost", { applied: "unknown" }));
      assert.equal((await post(key)).status, 504);
      work = () => Promise.resolve();
      assert.equal((await post(key)).status, 409);
      assert.equal(made, 2);
      const unforeseen = randomUUID();
      work = () => Promise.reject(new TypeError("after the work, or before it"));
      assert.equal((await post(unforeseen)).status, 500);
      work = () => Promise.resolve();
      assert.equal((await post(unforeseen)).status, 409);
      await backend.expire();
      assert.equal((await post(key)).status, 201);
    });

    it("are not answered by whoever lost its claim", async () => {
      const begin = { scope: "s", key: randomUUID(), fingerprint: "f", signal: AbortSignal.timeout(10_000) };
      const first = await backend.store.begin(begin);
      await backend.expire();
      const second = await backend.store.begin(begin);
      assert.ok(first.state === "fresh" && second.state === "fresh");
      await backend.store.finish({ ...begin, claim: first.claim }, { status: 201, body: "late" }).catch(() => undefined);
      await backend.store.abandon({ ...begin, claim: first.claim }).catch(() => undefined);
      assert.deepEqual(await backend.store.begin(begin), { state: "in-progress" });
      await backend.store.finish({ ...begin, claim: second.claim }, { status: 201, body: "right" });
      assert.deepEqual(await backend.store.begin(begin), { state: "done", answer: { status: 201, body: "right" } });
    });
  });
}

describe("idempotency keys without a store", () => {
  it("are an error of the service, told at its start", async () => {
    await assert.rejects(startGuarded({ limiter: new LocalRateLimiter(), idempotency: undefined }, () => Promise.reject(new Error("unused"))), /'make' honours idempotency keys, and there is no store for them/);
  });
});

describe("a claim on a key", () => {
  it("outlasts every request of its service", () => {
    assert.deepEqual([claimSeconds(10_000), claimSeconds(120_000)], [60, 135]);
  });
});
