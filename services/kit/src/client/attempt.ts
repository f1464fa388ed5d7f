import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { Histogram } from "@opentelemetry/api";
import type { Pool } from "undici";
import type { PublishedRoute } from "../../contract";
import { DEADLINE_HEADER } from "../deadline";
import type { ProblemDocument } from "../problem-document";
import { textOf } from "../store-error";
import { injectContext, withSpan } from "../telemetry";
import type { Telemetry } from "../telemetry";
import { CallCancelled, DeadlineExceeded, UpstreamProblem, UpstreamUnavailable } from "./errors";
import type { CallErrorArgs } from "./errors";
import { headersOf, targetOf } from "./request";
import type { AnyInput } from "./request";

const UNAVAILABLE_STATUSES = [502, 503, 504];
/** Errors of a connection that was never made: nothing can have been done. */
const NOT_CONNECTED = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "UND_ERR_CONNECT_TIMEOUT"]);
/** A call that was given less time than this says nothing about the other side when it runs out. */
const FAIR_TIME_MS = 1_000;

export interface AnyResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface AttemptArgs {
  readonly pool: Pool;
  readonly telemetry: Telemetry;
  readonly durations: Histogram;
  readonly route: PublishedRoute;
  readonly service: string;
  readonly operation: string;
  readonly input: AnyInput;
  /** Milliseconds until the call has to be over. */
  readonly remainingMs: number;
  /** 0 for the first. */
  readonly resend: number;
}

/** Sends a request once. @throws CallError for everything but an answer that the contract knows. */
export async function attempt(args: AttemptArgs): Promise<AnyResponse> {
  const { telemetry, route, service, operation, resend, durations } = args;
  const attributes = {
    "http.request.method": route.method, "url.template": route.path, "peer.service": service, "agentic_flow.operation": operation,
    ...(resend === 0 ? {} : { "http.request.resend_count": resend }),
  };
  const startedAt = performance.now();
  let labels: Record<string, string | number> = { "error.type": "unknown" };
  try {
    return await withSpan(telemetry.tracer, `${route.method} ${route.path}`, attributes, async (span) => {
      const response = await send(args).catch((error: unknown) => {
        labels = { "error.type": error instanceof Error ? error.name : "unknown" };
        throw error;
      });
      labels = { "http.response.status_code": response.status };
      span.setAttribute("http.response.status_code", response.status);
      if (response.status >= 400) span.setStatus({ code: SpanStatusCode.ERROR, message: String(response.status) });
      return accept(args, response);
    }, { kind: SpanKind.CLIENT });
  } finally {
    durations.record((performance.now() - startedAt) / 1000, { "peer.service": service, ...labels });
  }
}

async function send({ pool, route, service, operation, input, remainingMs }: AttemptArgs): Promise<AnyResponse> {
  const about = (applied: "no" | "unknown", cause: unknown): CallErrorArgs => ({ service, operation, applied, cause });
  const lost = route.method === "GET" ? "no" : "unknown";
  const deadline = AbortSignal.timeout(Math.ceil(remainingMs));
  try {
    const response = await pool.request({
      method: route.method,
      path: targetOf(route, input),
      headers: injectContext({ ...headersOf(input), [DEADLINE_HEADER]: String(Math.ceil(remainingMs)) }),
      body: input.body === undefined ? null : JSON.stringify(input.body),
      signal: input.signal === undefined ? deadline : AbortSignal.any([deadline, input.signal]),
    });
    const text = await response.body.text();
    const headers = Object.fromEntries(Object.entries(response.headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])));
    return { status: response.statusCode, headers, body: parse(text, headers["content-type"]) };
  } catch (error) {
    if (error instanceof TypeError) throw error;
    if (input.signal?.aborted === true) throw new CallCancelled("given up by the caller", about(lost, error));
    if (deadline.aborted) {
      const text = `no answer within ${Math.round(remainingMs)} ms`;
      throw remainingMs >= FAIR_TIME_MS ? new SlowUpstream(text, about(lost, error)) : new DeadlineExceeded(text, about(lost, error));
    }
    const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
    const sent = !(typeof code === "string" && NOT_CONNECTED.has(code));
    throw new UpstreamUnavailable(`cannot be reached: ${textOf(error)}`, about(sent ? lost : "no", error));
  }
}

/** Time ran out that should have been enough: the circuit counts it, the caller sees `DeadlineExceeded`. */
export class SlowUpstream extends UpstreamUnavailable {}

/** Lets an answer through that the contract knows. */
function accept({ route, service, operation }: AttemptArgs, response: AnyResponse): AnyResponse {
  const { status, body, headers } = response;
  const known = route.status === "available" && route.schema.responses[status] !== undefined;
  if (known) return response;
  const about: CallErrorArgs = { service, operation, applied: status >= 500 && route.method !== "GET" ? "unknown" : "no" };
  if (UNAVAILABLE_STATUSES.includes(status)) {
    const cause = isProblem(body) ? new UpstreamProblem(body, about) : undefined;
    throw new UpstreamUnavailable(`answered ${status}`, { ...about, cause, status, retryAfterMs: retryAfterMs(headers["retry-after"]) });
  }
  const detail = `status ${status} with '${headers["content-type"] ?? "no content type"}' is nothing the contract knows`;
  throw new UpstreamProblem(isProblem(body) ? body : { type: "about:blank", title: "Unexpected answer", status, code: "unexpected-answer", detail }, about);
}

function isProblem(body: unknown): body is ProblemDocument {
  return typeof body === "object" && body !== null && typeof Reflect.get(body, "code") === "string" && typeof Reflect.get(body, "status") === "number";
}

function parse(text: string, type: string | undefined): unknown {
  if (text === "" || type === undefined || !/^application\/([a-z.]+\+)?json\b/.test(type)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Seconds, or a date. */
function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d{1,6}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
