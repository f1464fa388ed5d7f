/**
 * - `unavailable`: no member could be reached, or the cluster has no leader; a write was surely not made only when
 *   `applied` is "no".
 * - `deadline`: no answer in time; a write may have been made.
 * - `cancelled`: the caller's signal was aborted.
 * - `compare-failed`: a transaction that had to succeed met other values.
 * - `compacted`: the revision asked for is no longer kept.
 * - `lease-not-found`: the lease has expired or was revoked.
 * - `rejected`: etcd refused the request (permission, size, form); the same request will be refused again.
 */
export type EtcdCode = "unavailable" | "deadline" | "cancelled" | "compare-failed" | "compacted" | "lease-not-found" | "rejected";

/** What every call of the etcd client throws. */
export class EtcdError extends Error {
  readonly code: EtcdCode;
  /** Whether the change that was asked for took place. Reads are always "no". */
  readonly applied: "no" | "unknown";

  constructor(code: EtcdCode, detail: string, more: { readonly applied?: "no" | "unknown"; readonly cause?: unknown } = {}) {
    super(`${code}: ${detail}`, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = "EtcdError";
    this.code = code;
    this.applied = more.applied ?? "no";
  }
}
