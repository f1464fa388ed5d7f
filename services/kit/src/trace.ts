import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** Where one request stands in a distributed trace (W3C Trace Context, level 1). */
export interface Trace {
  /** 32 lower-case hexadecimal digits; the caller's, when it sent a valid `traceparent`. */
  readonly traceId: string;
  /** 16 lower-case hexadecimal digits: the work done here. */
  readonly spanId: string;
  /** The caller's span. */
  readonly parentId?: string;
  readonly sampled: boolean;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const SAMPLED_BIT = 1;

/** Continues the caller's trace, or starts one when there is none or it is malformed, as the specification asks. */
export function continueTrace(traceparent: string | undefined): Trace {
  const match = traceparent === undefined ? null : TRACEPARENT.exec(traceparent.trim());
  const [, version, traceId, parentId, flags, rest] = match ?? [];
  const wellFormed =
    version !== undefined && version !== "ff" && !(version === "00" && rest !== undefined) &&
    traceId !== undefined && !/^0+$/.test(traceId) && parentId !== undefined && !/^0+$/.test(parentId);
  if (!wellFormed) return { traceId: hex(16), spanId: hex(8), sampled: false };
  return { traceId, spanId: hex(8), parentId, sampled: (parseInt(flags ?? "00", 16) & SAMPLED_BIT) === SAMPLED_BIT };
}

/** Header that hands this trace on: to the caller in an answer, to another service in a request. */
export function formatTraceparent(trace: Trace): string {
  return `00-${trace.traceId}-${trace.spanId}-${trace.sampled ? "01" : "00"}`;
}

const traces = new WeakMap<IncomingMessage, Trace>();

/** The trace of a request; made at first use, the same for the life of the request. */
export function traceOf(request: IncomingMessage): Trace {
  const known = traces.get(request);
  if (known !== undefined) return known;
  const header = request.headers["traceparent"];
  const made = continueTrace(typeof header === "string" ? header : undefined);
  traces.set(request, made);
  return made;
}

function hex(bytes: number): string {
  return randomBytes(bytes).toString("hex");
}
