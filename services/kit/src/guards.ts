import type { ServiceContract } from "../contract";
import type { EtcdClient } from "./etcd";
import { EtcdIdempotencyStore, PostgresIdempotencyStore, claimSeconds } from "./idempotency";
import type { IdempotencyStore } from "./idempotency";
import type { Logger } from "./logger";
import type { Postgres } from "./postgres";
import { LocalRateLimiter, redisRateLimiter } from "./rate-limit";
import type { Redis } from "./redis";
import type { Guards } from "./routes";
import type { Telemetry } from "./telemetry";

export interface GuardsArgs {
  readonly contract: ServiceContract;
  readonly telemetry: Telemetry;
  readonly logger: Logger;
  readonly etcd: EtcdClient | undefined;
  readonly postgres: Postgres | undefined;
  readonly redis: Redis | undefined;
}

/** Guards on the stores that a service has: rates in Redis, answers in PostgreSQL or etcd. */
export function guardsOf({ contract, telemetry, logger, etcd, postgres, redis }: GuardsArgs): Guards {
  const root = `/agentic-flow/${contract.name}/`;
  return {
    limiter: redis === undefined ? new LocalRateLimiter() : redisRateLimiter({ redis, prefix: `${contract.name}:rate:`, meter: telemetry.meter, logger }),
    idempotency: storeOf(root, claimSeconds(contract.limits.requestTimeoutMs), postgres, etcd),
  };
}

function storeOf(root: string, claimS: number, postgres: Postgres | undefined, etcd: EtcdClient | undefined): IdempotencyStore | undefined {
  if (postgres !== undefined) return new PostgresIdempotencyStore(postgres, claimS);
  return etcd === undefined ? undefined : new EtcdIdempotencyStore(etcd, `${root}idempotency/`, claimS);
}
