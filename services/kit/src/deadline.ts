import { context, createContextKey } from "@opentelemetry/api";
import type { Context } from "@opentelemetry/api";

/** Milliseconds that the caller of a request still waits for the answer. */
export const DEADLINE_HEADER = "x-deadline-ms";

const UNTIL = createContextKey("agentic-flow deadline");
const MAX_DEADLINE_MS = 3_600_000;

/** What is done in this context has to be done within so many milliseconds; an earlier deadline stays. */
export function withDeadlineIn(where: Context, ms: number): Context {
  const until = performance.now() + ms;
  const earlier = where.getValue(UNTIL);
  return typeof earlier === "number" && earlier <= until ? where : where.setValue(UNTIL, until);
}

/** Milliseconds left of the deadline of a context, 0 or less when it has passed. Undefined: there is none. */
export function remainingMs(where: Context = context.active()): number | undefined {
  const until = where.getValue(UNTIL);
  return typeof until === "number" ? until - performance.now() : undefined;
}

/** What a caller's header says. Undefined when it is absent or no whole number of milliseconds, and so no deadline. */
export function readDeadline(header: string | readonly string[] | undefined): number | undefined {
  if (typeof header !== "string" || !/^\d{1,9}$/.test(header)) return undefined;
  return Math.min(Number(header), MAX_DEADLINE_MS);
}
