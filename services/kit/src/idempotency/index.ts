export { EtcdIdempotencyStore } from "./etcd-store";
export { IDEMPOTENCY_HEADER, once } from "./guard";
export { PostgresIdempotencyStore } from "./postgres-store";
export { KEPT_S, MAX_KEPT_BYTES, claimSeconds } from "./store";
export type { BeginArgs, Begun, EndArgs, IdempotencyStore, KeptAnswer } from "./store";
