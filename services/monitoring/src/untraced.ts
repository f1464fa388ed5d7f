import { ROOT_CONTEXT, TraceFlags, context, trace } from "@opentelemetry/api";
import { randomBytes } from "node:crypto";

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

/**
 * Runs work that nobody asked for, such as a poll, in a trace that is not recorded: not here, and not by whoever is
 * called. Otherwise such traces would bury all others.
 */
export function untraced<T>(work: () => Promise<T>): Promise<T> {
  const ids = { traceId: randomBytes(TRACE_ID_BYTES).toString("hex"), spanId: randomBytes(SPAN_ID_BYTES).toString("hex") };
  return context.with(trace.setSpanContext(ROOT_CONTEXT, { ...ids, traceFlags: TraceFlags.NONE, isRemote: true }), work);
}
