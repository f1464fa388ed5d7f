export { EtcdIdempotencyStore } from "./etcd-store";
export { IDEMPOTENCY_HEADER, once } from "./guard";
export { PostgresIdempotencyStore } from "./postgres-store";
export { CLAIM_S, KEPT_S, MAX_KEPT_BYTES } from "./store";
export type { BeginArgs, Begun, EndArgs, IdempotencyStore, KeptAnswer } from "./store";
