import { HttpCallError } from "@restatedev/restate-sdk-clients";
import { StoreError } from "../../../kit/src";

/** What Restate's clients throw, with a meaning. */
export function translate(thrown: unknown, signal: AbortSignal | undefined): StoreError {
  if (thrown instanceof StoreError) return thrown;
  if (signal?.aborted === true) return new StoreError("cancelled", "given up by the caller", { applied: "unknown", cause: thrown });
  if (thrown instanceof HttpCallError) {
    // 404: Restate does not know the handlers yet, or any more; they are registered again in a while.
    const later = thrown.status === 404 || thrown.status === 429 || thrown.status >= 500;
    return new StoreError(later ? "unavailable" : "rejected", `Restate answered ${thrown.status}`, { applied: later ? "unknown" : "no", cause: thrown });
  }
  const name = thrown instanceof Error ? thrown.name : "";
  if (name === "TimeoutError" || name === "AbortError") return new StoreError("deadline", "Restate did not answer in time", { applied: "unknown", cause: thrown });
  return new StoreError("unavailable", "Restate cannot be reached", { applied: "unknown", cause: thrown });
}
