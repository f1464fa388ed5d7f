import type { Counter } from "@opentelemetry/api";
import type { Telemetry } from "../../kit/src";
import type { Redis } from "../../kit/src/redis";
import type { TenantLimits } from "./tenant-settings";

/** Redis answers within a millisecond or is not worth waiting for. */
const DEADLINE_MS = 100;

/**
 * One step of a token bucket, by the clock of Redis. KEYS: bucket. ARGV: tokens per second, size of the bucket.
 *
 * @returns 0 when there was a token, else the milliseconds until there is one.
 */
const TAKE = `
local rate, burst = tonumber(ARGV[1]) / 1000, tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = math.min(burst, (tonumber(bucket[1]) or burst) + math.max(0, now - (tonumber(bucket[2]) or now)) * rate)
local wait = 0
if tokens >= 1 then tokens = tokens - 1 else wait = math.ceil((1 - tokens) / rate) end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / rate) + 1000)
return wait`;

/** The same step, in this process. */
export class Bucket {
  readonly #limits: TenantLimits;
  #tokens: number;
  #atMs: number;

  constructor(limits: TenantLimits, nowMs: number) {
    this.#limits = limits;
    this.#tokens = limits.burst;
    this.#atMs = nowMs;
  }

  /** @returns 0 when there was a token, else the milliseconds until there is one. */
  take(nowMs: number): number {
    const { requestsPerSecond, burst } = this.#limits;
    const perMs = requestsPerSecond / 1000;
    this.#tokens = Math.min(burst, this.#tokens + Math.max(0, nowMs - this.#atMs) * perMs);
    this.#atMs = nowMs;
    if (this.#tokens < 1) return Math.ceil((1 - this.#tokens) / perMs);
    this.#tokens -= 1;
    return 0;
  }
}

export interface RateLimiterArgs {
  readonly redis: Redis;
  readonly telemetry: Telemetry;
  /** Keys begin with it. */
  readonly prefix: string;
}

/**
 * Requests of each tenant, counted by all replicas together in Redis. Without Redis each replica counts by itself, so
 * that a tenant gets its rate once per replica.
 */
export class RateLimiter {
  readonly #args: RateLimiterArgs;
  readonly #alone: Counter;
  /** One per configured tenant at the most. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(args: RateLimiterArgs) {
    this.#args = args;
    this.#alone = args.telemetry.meter.createCounter("gateway.rate_limit.alone", { description: "Requests that were counted by this process alone, because Redis could not" });
  }

  /** @returns 0 when the request may go on, else the milliseconds to wait. Never rejects. */
  async take(tenant: string, limits: TenantLimits): Promise<number> {
    const { redis, prefix } = this.#args;
    try {
      const wait = await redis.run("TAKE", (client) => client.eval(TAKE, 1, `${prefix}rate:${tenant}`, limits.requestsPerSecond, limits.burst), { deadlineMs: DEADLINE_MS });
      return Number(wait);
    } catch {
      // The client tells in the log when Redis goes and comes.
      this.#alone.add(1);
      const now = performance.now();
      let bucket = this.#buckets.get(tenant);
      if (bucket === undefined) this.#buckets.set(tenant, (bucket = new Bucket(limits, now)));
      return bucket.take(now);
    }
  }
}
