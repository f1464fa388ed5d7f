import { ROOT_CONTEXT, SpanKind, SpanStatusCode, context, trace } from "@opentelemetry/api";
import type { Attributes, Context, Span, Tracer } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";

const propagator = new W3CTraceContextPropagator();
/** OpenTelemetry knows one context manager a process, so all that use it share it; the last one takes it away. */
let holders = 0;

/** Makes the active span follow asynchronous calls. @returns how to let go of it; calling that twice does no harm. */
export function holdContext(): () => void {
  if (holders === 0) context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  holders += 1;
  let held = true;
  return () => {
    if (!held) return;
    held = false;
    holders -= 1;
    if (holders === 0) context.disable();
  };
}

/** Where one piece of work stands in a distributed trace (W3C Trace Context). */
export interface Trace {
  /** 32 lower-case hexadecimal digits. */
  readonly traceId: string;
  /** 16 lower-case hexadecimal digits. */
  readonly spanId: string;
  readonly sampled: boolean;
}

/** The trace of a context. Undefined: nothing is traced there. */
export function traceOf(where: Context = context.active()): Trace | undefined {
  const found = trace.getSpanContext(where);
  if (found === undefined || !trace.isSpanContextValid(found)) return undefined;
  return { traceId: found.traceId, spanId: found.spanId, sampled: (found.traceFlags & 1) === 1 };
}

/** Header or message fields by name, in lower case. */
export type Carrier = Record<string, string>;

/** Adds `traceparent` (and `tracestate`) of the active span, so that whoever gets the carrier continues the trace. */
export function injectContext(carrier: Carrier, where: Context = context.active()): Carrier {
  propagator.inject(where, carrier, { set: (target: Carrier, name, value) => void (target[name] = value) });
  return carrier;
}

type Received = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The context that a carrier was sent with; the root when it has none or a malformed one, as the specification asks. */
export function extractContext(carrier: Received): Context {
  return propagator.extract(ROOT_CONTEXT, carrier, {
    keys: (source: Received) => Object.keys(source),
    get: (source: Received, name) => {
      const value = source[name];
      return value === undefined || typeof value === "string" ? value : [...value];
    },
  });
}

export interface SpanArgs {
  /** @default SpanKind.INTERNAL */
  readonly kind?: SpanKind;
  /** What the span belongs to. @default the active context */
  readonly parent?: Context;
}

/** Runs work inside a span that ends with it; what the work throws marks the span as failed and is thrown on. */
export async function withSpan<T>(
  tracer: Tracer,
  name: string,
  attributes: Attributes,
  work: (span: Span) => Promise<T>,
  args: SpanArgs = {},
): Promise<T> {
  const parent = args.parent ?? context.active();
  const span = tracer.startSpan(name, { kind: args.kind ?? SpanKind.INTERNAL, attributes }, parent);
  try {
    return await context.with(trace.setSpan(parent, span), work, undefined, span);
  } catch (error) {
    failSpan(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** Marks a span as failed. Texts of errors can hold a caller's data, so only the stable code or the name is kept. */
export function failSpan(span: Span, error: unknown): void {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  const type = typeof code === "string" ? code : error instanceof Error ? error.name : "unknown";
  span.setAttribute("error.type", type);
  span.setStatus({ code: SpanStatusCode.ERROR, message: type });
}
