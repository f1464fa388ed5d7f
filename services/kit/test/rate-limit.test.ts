import * as fc from "fast-check";
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { LocalRateLimiter, callerOf, redisRateLimiter } from "../src/rate-limit";
import type { RateLimiter } from "../src/rate-limit";
import { takeFrom } from "../src/rate-limit/limiter";
import { MAX_CALLERS } from "../src/rate-limit/local";
import { createRedis } from "../src/redis";
import type { ProblemDocument } from "../src";
import { quietTelemetry, silentLogger } from "./support/context";
import { guarded, startGuarded } from "./support/guarded";
import { NO_REDIS, findRedis, startRedis } from "./support/redis-server";

const RATE = { perSecond: 10, burst: 3 };

async function allowed(limiter: RateLimiter, key: string, count: number): Promise<number> {
  const verdicts = await Promise.all(Array.from({ length: count }, () => limiter.take(key, RATE)));
  return verdicts.filter((verdict) => verdict.allowed).length;
}

describe("rate limit", () => {
  it("allows a burst, then as many as the rate gives, to each caller by itself", async () => {
    let now = 0;
    const limiter = new LocalRateLimiter(() => now);
    assert.equal(await allowed(limiter, "a", 5), 3);
    assert.equal(await allowed(limiter, "b", 5), 3);
    now += 200;
    assert.equal(await allowed(limiter, "a", 5), 2);
    now += 10_000;
    assert.equal(await allowed(limiter, "a", 5), 3);
  });

  it("says when to come back and how much is left", async () => {
    const limiter = new LocalRateLimiter(() => 0);
    assert.deepEqual(await limiter.take("a", RATE), { allowed: true, remaining: 2, resetMs: 100, retryAfterMs: 0 });
    await allowed(limiter, "a", 2);
    const { allowed: ok, retryAfterMs, remaining } = await limiter.take("a", RATE);
    assert.deepEqual([ok, Math.round(retryAfterMs), remaining], [false, 100, 0]);
  });

  it("never allows more than burst + rate x time, whatever the pattern", () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 60 }), (gaps) => {
      let now = 0;
      let full: number | undefined;
      let count = 0;
      for (const gap of gaps) {
        now += gap;
        const verdict = takeFrom(full, now, RATE);
        full = verdict.fullAtMs;
        if (verdict.allowed) count += 1;
      }
      return count <= RATE.burst + (now / 1000) * RATE.perSecond + 1e-6;
    }));
  });

  it("remembers a bounded number of callers", async () => {
    const limiter = new LocalRateLimiter(() => 0);
    await allowed(limiter, "first", 3);
    for (let index = 0; index < MAX_CALLERS; index += 1) await limiter.take(String(index), RATE);
    assert.equal(await allowed(limiter, "first", 1), 1);
    assert.equal(await allowed(limiter, String(MAX_CALLERS - 1), 3), 2);
  });

  it("tells callers by their agent, else by the address that the edge saw", () => {
    assert.equal(callerOf({ "x-agent-id": "a1", "x-forwarded-for": "1.1.1.1" }, "10.0.0.1"), "agent a1");
    assert.equal(callerOf({ "x-forwarded-for": "made-up, 2.2.2.2" }, "10.0.0.1"), "address 2.2.2.2");
    assert.equal(callerOf({}, "10.0.0.1"), "address 10.0.0.1");
  });

  it("answers 429 with Retry-After, and tells every caller where it stands; an ETag that the caller has is a 304", async () => {
    const unused = { begin: () => Promise.reject(new Error("unused")), finish: () => Promise.resolve(), abandon: () => Promise.resolve() };
    const service = await startGuarded({ limiter: new LocalRateLimiter(), idempotency: unused }, () => Promise.reject(new Error("unused")));
    try {
      const read = (headers: Record<string, string>): Promise<Response> => fetch(service.url, { headers });
      const first = await read({ "x-agent-id": "a" });
      assert.deepEqual([first.status, first.headers.get("ratelimit"), first.headers.get("ratelimit-policy")], [200, '"read";r=1;t=2', '"read";q=2;w=4']);
      const known = await read({ "x-agent-id": "a", "if-none-match": '"7"' });
      assert.deepEqual([known.status, known.headers.get("etag"), await known.text()], [304, '"7"', ""]);
      const refused = await read({ "x-agent-id": "a" });
      assert.deepEqual([refused.status, refused.headers.get("retry-after"), ((await refused.json()) as ProblemDocument).code], [429, "2", "rate-limited"]);
      assert.equal((await read({ "x-agent-id": "b" })).status, 200);
    } finally {
      await service.stop();
    }
  });

  it("is shared by replicas through Redis, and kept by each alone while Redis is gone", async function () {
    const binary = findRedis();
    if (binary === undefined) {
      console.log(`      ${NO_REDIS}`);
      return this.skip();
    }
    const server = await startRedis(binary);
    const logger = silentLogger(guarded);
    const telemetry = quietTelemetry(guarded, logger);
    const settings = await server.addService("guarded");
    const connections = [1, 2].map(() => createRedis({ settings, telemetry, logger, clientName: "guarded" }));
    try {
      for (const redis of connections) while (await redis.check(AbortSignal.timeout(1_000)).then(() => false, () => true)) await sleep(10);
      const slow = { perSecond: 0.01, burst: 5 };
      const replicas = connections.map((redis) => redisRateLimiter({ redis, prefix: "guarded:rate:", meter: telemetry.meter, logger }));
      const replicaOf = (index: number): RateLimiter => {
        const replica = replicas[index % 2];
        assert.ok(replica !== undefined);
        return replica;
      };
      const verdicts = await Promise.all(Array.from({ length: 12 }, (_, index) => replicaOf(index).take("a", slow)));
      assert.equal(verdicts.filter((verdict) => verdict.allowed).length, 5);
      const refused = await replicaOf(0).take("a", slow);
      assert.ok(!refused.allowed && refused.retryAfterMs > 90_000 && refused.retryAfterMs <= 100_000, JSON.stringify(refused));
      assert.equal((await replicaOf(1).take("b", slow)).remaining, 4);
      await server.kill();
      const alone = await Promise.all(Array.from({ length: 12 }, (_, index) => replicaOf(index).take("a", slow)));
      assert.equal(alone.filter((verdict) => verdict.allowed).length, 10);
      assert.match(await telemetry.prometheus(), /^rate_limit_fallbacks_total\{.*\} 12$/m);
    } finally {
      await Promise.all(connections.map((redis) => redis.end()));
      await telemetry.shutdown();
      await server.stop();
    }
  });
});
