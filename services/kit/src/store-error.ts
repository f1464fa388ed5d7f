/**
 * Why a data store did not do what it was asked.
 * - `unavailable`: it cannot be reached or takes no work now; try again later.
 * - `deadline`: no answer in time.
 * - `cancelled`: the caller gave up.
 * - `conflict`: other work was in the way; the same work may succeed when it is done again from its start.
 * - `unique-violation`: there is something under this key already.
 * - `rejected`: it understood and refused; trying again does not help.
 */
export type StoreErrorCode = "unavailable" | "deadline" | "cancelled" | "conflict" | "unique-violation" | "rejected";

export interface StoreErrorArgs {
  /** Whether a change may have been made all the same. @default "no" */
  readonly applied?: "no" | "unknown";
  readonly cause?: unknown;
}

/** What the clients of data stores throw. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;
  readonly applied: "no" | "unknown";

  constructor(code: StoreErrorCode, text: string, args: StoreErrorArgs = {}) {
    super(`${code}: ${text}`, args.cause === undefined ? undefined : { cause: args.cause });
    this.name = "StoreError";
    this.code = code;
    this.applied = args.applied ?? "no";
  }
}

/** Text of anything thrown, without repeating what `cause` holds. */
export function textOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  // Node reports a name with several addresses as an AggregateError without a text of its own.
  if (thrown.message === "" && thrown instanceof AggregateError) return thrown.errors.map(textOf).join("; ");
  return thrown.message;
}
