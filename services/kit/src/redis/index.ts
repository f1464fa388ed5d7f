export { RedisError } from "./errors";
export { createRedis } from "./redis";
export type { Redis, RedisArgs, RedisSettings, RunOptions } from "./redis";
