export { admit, callerOf } from "./guard";
export type { Rate, RateLimiter, Verdict } from "./limiter";
export { LocalRateLimiter } from "./local";
export { redisRateLimiter } from "./redis";
