export { EtcdClient } from "./client";
export type { CallOptions, Entry, EtcdClientArgs, Page, TxnArgs, TxnOutcome } from "./client";
export { EtcdError } from "./errors";
export type { EtcdCode } from "./errors";
export type { Change } from "./streams";
export type { TlsFiles } from "./tls";
export { absent, put, read, remove, removePrefix, unchangedSince } from "./txn";
export type { Condition, Step } from "./txn";
