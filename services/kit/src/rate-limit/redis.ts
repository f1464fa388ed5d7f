import { createHash } from "node:crypto";
import type { Meter } from "@opentelemetry/api";
import type { Logger } from "../logger";
import type { Redis } from "../redis";
import type { Rate, RateLimiter, Verdict } from "./limiter";
import { LocalRateLimiter } from "./local";

/** A limit is worth no more than this to a request. */
const DEADLINE_MS = 100;
/** At most one line about Redis being gone in this time. */
const LOG_EVERY_MS = 60_000;

/** `takeFrom` inside Redis, by Redis' own clock, in microseconds: one step for all replicas. Keys vanish when full. */
const SCRIPT = `
  local time = redis.call('TIME')
  local now = time[1] * 1000000 + time[2]
  local per_request = 1000000 / tonumber(ARGV[1])
  local capacity = tonumber(ARGV[2]) * per_request
  local from = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
  local after = from + per_request
  local allowed = after - now <= capacity + 1
  local full_at = allowed and after or from
  if allowed then redis.call('SET', KEYS[1], string.format('%.0f', full_at), 'PX', math.ceil((full_at - now) / 1000) + 1) end
  local wait = allowed and 0 or after - now - capacity
  local remaining = math.max(0, math.floor((capacity - (full_at - now)) / per_request + 0.001))
  return { allowed and 1 or 0, remaining, math.ceil((full_at - now) / 1000), math.ceil(wait / 1000) }`;

export interface RedisRateLimiterArgs {
  readonly redis: Redis;
  /** In front of every key. */
  readonly prefix: string;
  readonly meter: Meter;
  readonly logger: Logger;
}

/** Limits the requests to all replicas together. While Redis is gone each replica limits by itself, and says so. */
export function redisRateLimiter({ redis, prefix, meter, logger }: RedisRateLimiterArgs): RateLimiter {
  const local = new LocalRateLimiter();
  const fallbacks = meter.createCounter("rate_limit.fallbacks", { description: "Requests limited by one replica alone, because Redis was gone" });
  fallbacks.add(0);
  let loggedAt = -Infinity;
  return {
    async take(key: string, rate: Rate): Promise<Verdict> {
      const name = `${prefix}${createHash("sha256").update(key).digest("base64url")}`;
      try {
        const answer = await redis.run("EVAL", (client) => client.eval(SCRIPT, 1, name, rate.perSecond, rate.burst), { deadlineMs: DEADLINE_MS });
        const [allowed, remaining = 0, resetMs = 0, retryAfterMs = 0] = answer as readonly number[];
        return { allowed: allowed === 1, remaining, resetMs, retryAfterMs };
      } catch (error) {
        fallbacks.add(1);
        if (performance.now() - loggedAt >= LOG_EVERY_MS) {
          loggedAt = performance.now();
          logger.warn({ err: error }, "rates are limited by this replica alone, because Redis cannot be used");
        }
        return local.take(key, rate);
      }
    },
  };
}
