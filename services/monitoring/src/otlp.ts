import { MAX_ATTRIBUTE_TEXT, MAX_SPANS_PER_REQUEST, MAX_SPAN_ATTRIBUTES } from "../limits";

/** One finished piece of work of one service. */
export interface SpanRecord {
  readonly traceId: string;
  readonly spanId: string;
  /** Undefined: it began the trace, as far as is known. */
  readonly parentSpanId: string | undefined;
  readonly service: string;
  readonly name: string;
  /** OTLP's number, 0 to 5. */
  readonly kind: number;
  readonly startedNs: bigint;
  readonly durationNs: bigint;
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface Parsed {
  readonly spans: readonly SpanRecord[];
  /** What could not be used, with the reason of the first one. */
  readonly rejected: number;
  readonly reason: string | undefined;
}

const TRACE_ID = /^[0-9a-f]{32}$/;
const SPAN_ID = /^[0-9a-f]{16}$/;
const NANOSECONDS = /^\d{1,19}$/;
const MAX_INT64 = 2n ** 63n - 1n;
const MAX_KIND = 5;
const STATUS_ERROR = 2;

/** The spans of an ExportTraceServiceRequest in OTLP's JSON; each is looked at by itself. */
export function parseExport(body: unknown): Parsed {
  const spans: SpanRecord[] = [];
  let rejected = 0;
  let reason: string | undefined;
  for (const resource of list(field(body, "resourceSpans"))) {
    const attributes = attributesOf(field(field(resource, "resource"), "attributes"));
    const service = attributes["service.name"];
    for (const scope of list(field(resource, "scopeSpans"))) {
      for (const span of list(field(scope, "spans"))) {
        const fault = spans.length >= MAX_SPANS_PER_REQUEST ? `more than ${MAX_SPANS_PER_REQUEST} spans in one request` : faultOf(span);
        if (fault === undefined) spans.push(toRecord(span, typeof service === "string" ? service : "unknown"));
        else {
          rejected += 1;
          reason ??= fault;
        }
      }
    }
  }
  return { spans, rejected, reason };
}

function faultOf(span: unknown): string | undefined {
  if (!matches(field(span, "traceId"), TRACE_ID)) return "'traceId' must be 32 lower-case hexadecimal digits";
  if (!matches(field(span, "spanId"), SPAN_ID)) return "'spanId' must be 16 lower-case hexadecimal digits";
  const parent = field(span, "parentSpanId");
  if (parent !== undefined && parent !== "" && !matches(parent, SPAN_ID)) return "'parentSpanId' must be 16 lower-case hexadecimal digits, or empty";
  const [start, end] = [nanoseconds(field(span, "startTimeUnixNano")), nanoseconds(field(span, "endTimeUnixNano"))];
  if (start === undefined || end === undefined) return "'startTimeUnixNano' and 'endTimeUnixNano' must be nanoseconds of the epoch";
  if (end < start) return "'endTimeUnixNano' must not be before 'startTimeUnixNano'";
  return undefined;
}

/** Of a span without a fault. */
function toRecord(span: unknown, service: string): SpanRecord {
  const parent = field(span, "parentSpanId");
  const startedNs = nanoseconds(field(span, "startTimeUnixNano")) ?? 0n;
  const kind = field(span, "kind");
  const name = field(span, "name");
  const code = field(field(span, "status"), "code");
  return {
    traceId: String(field(span, "traceId")),
    spanId: String(field(span, "spanId")),
    parentSpanId: typeof parent === "string" && parent !== "" ? parent : undefined,
    service: cut(service),
    name: typeof name === "string" ? cut(name) : "",
    kind: typeof kind === "number" && Number.isInteger(kind) && kind >= 0 && kind <= MAX_KIND ? kind : 0,
    startedNs,
    durationNs: (nanoseconds(field(span, "endTimeUnixNano")) ?? startedNs) - startedNs,
    failed: code === STATUS_ERROR || code === "STATUS_CODE_ERROR",
    attributes: attributesOf(field(span, "attributes")),
  };
}

function attributesOf(value: unknown): Record<string, unknown> {
  const pairs = list(value).slice(0, MAX_SPAN_ATTRIBUTES).flatMap((each): [string, unknown][] => {
    const key = field(each, "key");
    return typeof key === "string" ? [[cut(key), plain(field(each, "value"))]] : [];
  });
  return Object.fromEntries(pairs);
}

/** An AnyValue as the value it stands for; lists and maps as their JSON. */
function plain(value: unknown): unknown {
  const text = field(value, "stringValue");
  if (typeof text === "string") return cut(text);
  const whole = field(value, "intValue");
  if (typeof whole === "string" || typeof whole === "number") return Number(whole);
  for (const name of ["boolValue", "doubleValue"]) {
    const simple = field(value, name);
    if (typeof simple === "boolean" || typeof simple === "number") return simple;
  }
  return cut(JSON.stringify(value) ?? "");
}

/** PostgreSQL takes no NUL in texts, and no half of a character, which a cut can leave: one would lose the whole batch. */
function cut(text: string): string {
  return text.replaceAll("\0", "").slice(0, MAX_ATTRIBUTE_TEXT).replace(/\p{Surrogate}/gu, "\u{FFFD}");
}

function nanoseconds(value: unknown): bigint | undefined {
  const text = typeof value === "number" ? String(value) : value;
  if (!matches(text, NANOSECONDS)) return undefined;
  const number = BigInt(text);
  return number <= MAX_INT64 ? number : undefined;
}

function matches(value: unknown, pattern: RegExp): value is string {
  return typeof value === "string" && pattern.test(value);
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
