import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { Context, Span, Tracer } from "@opentelemetry/api";
import { suppressTracing } from "@opentelemetry/core";
import type { IncomingMessage } from "node:http";
import { DEADLINE_HEADER, readDeadline, remainingMs, withDeadlineIn } from "./deadline";
import { extractContext } from "./telemetry";

interface Scope {
  readonly context: Context;
  readonly span: Span;
}

const scopes = new WeakMap<IncomingMessage, Scope>();

export interface ScopeArgs {
  readonly tracer: Tracer;
  /** Path template of the contract. Undefined: nothing is published at this path. */
  readonly route: string | undefined;
  /** Without the query: that is the caller's, and may hold anything. */
  readonly path: string;
  /** false: neither the request nor what is done for it becomes a span. */
  readonly traced: boolean;
  /** The contract's limit for a request; a caller may give less with `x-deadline-ms`. */
  readonly timeoutMs: number;
}

/** Opens what a request's work is done in: a span that continues the caller's trace, and a deadline. */
export function openScope(request: IncomingMessage, { tracer, route, path, traced, timeoutMs }: ScopeArgs): Context {
  const parent = traced ? extractContext(request.headers) : suppressTracing(ROOT_CONTEXT);
  const method = request.method ?? "_OTHER";
  const attributes = { "http.request.method": method, "url.path": path, ...(route === undefined ? {} : { "http.route": route }) };
  const span = tracer.startSpan(route === undefined ? method : `${method} ${route}`, { kind: SpanKind.SERVER, attributes }, parent);
  const given = readDeadline(request.headers[DEADLINE_HEADER]) ?? timeoutMs;
  const context = withDeadlineIn(trace.setSpan(parent, span), Math.min(timeoutMs, given));
  scopes.set(request, { context, span });
  return context;
}

/** Ends the span of a request. */
export function closeScope(request: IncomingMessage, status: number): void {
  const span = scopes.get(request)?.span;
  span?.setAttribute("http.response.status_code", status);
  if (status >= 500) span?.setStatus({ code: SpanStatusCode.ERROR, message: String(status) });
  span?.end();
}

/** The context of a request. The root, where there is no trace, when none was opened. */
export function scopeOf(request: IncomingMessage): Context {
  return scopes.get(request)?.context ?? ROOT_CONTEXT;
}

/** Milliseconds that are left for a request. */
export function timeLeftMs(request: IncomingMessage, otherwiseMs: number): number {
  return Math.max(0, remainingMs(scopeOf(request)) ?? otherwiseMs);
}
