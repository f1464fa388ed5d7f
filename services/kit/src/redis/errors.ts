import { StoreError, textOf } from "../store-error";
import type { StoreErrorArgs, StoreErrorCode } from "../store-error";
import { CutShort } from "../within";

export class RedisError extends StoreError {
  constructor(code: StoreErrorCode, text: string, args: StoreErrorArgs = {}) {
    super(code, text, args);
    this.name = "RedisError";
  }
}

/** First words of error answers that mean that Redis takes no work now. */
const NOT_NOW = ["LOADING", "BUSY", "MASTERDOWN", "READONLY", "OOM", "TRYAGAIN", "NOAUTH", "WRONGPASS", "MISCONF", "CLUSTERDOWN"];

/** Every error of the client, as what it means. A command that was sent and not answered may have been made. */
export function translate(operation: string, thrown: unknown): RedisError {
  if (thrown instanceof RedisError) return thrown;
  if (thrown instanceof CutShort) {
    return thrown.cut === "deadline"
      ? new RedisError("deadline", `${operation}: Redis did not answer in time`, { applied: "unknown", cause: thrown })
      : new RedisError("cancelled", `${operation}: given up by the caller`, { applied: "unknown", cause: thrown });
  }
  const text = textOf(thrown);
  const answered = thrown instanceof Error && thrown.name === "ReplyError";
  if (answered && !NOT_NOW.some((word) => text.startsWith(word))) {
    return new RedisError("rejected", `${operation}: Redis says '${text}'`, { cause: thrown });
  }
  const sent = !answered && !text.includes("enableOfflineQueue");
  return new RedisError("unavailable", `${operation}: Redis cannot be used: ${text}`, { applied: sent ? "unknown" : "no", cause: thrown });
}
