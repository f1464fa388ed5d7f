import { Type } from "typebox";
import {
  DEFAULT_PAGE_SIZE, ID_PATTERN, MAX_PAGE_SIZE, MAX_POSITION, MAX_RESOURCES_PER_REQUEST, TRACE_ID_PATTERN,
} from "./limits";

const closed = { additionalProperties: false } as const;
const Id = Type.String({ pattern: ID_PATTERN });
const Time = Type.String({ description: "RFC 3339, UTC" });
const TraceId = Type.String({ pattern: TRACE_ID_PATTERN });
const Limit = Type.Integer({ minimum: 1, maximum: MAX_PAGE_SIZE, default: DEFAULT_PAGE_SIZE });
const Position = Type.Integer({ minimum: 0, maximum: MAX_POSITION });
/** Null: nothing is known, which is not the same as 0. */
const Known = Type.Union([Type.Number(), Type.Null()]);
const Missing = Type.Array(Type.String(), { description: "what could not be asked for, and is null for that reason" });

export const ServiceStatus = Type.Object(
  {
    name: Type.String(),
    ready: Type.Unsafe<number | null>({ ...Known, description: "replicas that answer with their metrics" }),
    requestsPerSecond: Known,
    errorRatio: Known,
    p50Ms: Known,
    p99Ms: Known,
    budgetLeft: Type.Unsafe<number | null>({ ...Known, description: "share of the error budget that is left, of the promise that is worse off" }),
    planned501: Type.Unsafe<number | null>({ ...Known, description: "requests for operations that are not built, in the last hour" }),
  },
  closed,
);

export const Overview = Type.Object(
  {
    region: Type.String(),
    at: Time,
    services: Type.Array(ServiceStatus),
    agents: Type.Union([Type.Object({ total: Type.Integer(), byState: Type.Record(Type.String(), Type.Integer()) }, closed), Type.Null()]),
    missing: Missing,
  },
  closed,
);

const Entry = Type.Object(
  {
    position: Position,
    id: Type.String({ description: "of the CloudEvent" }),
    type: Type.String(),
    agentId: Id,
    agentType: Type.String(),
    state: Type.String(),
    previousState: Type.Optional(Type.String()),
    sequence: Type.Integer({ description: "counts the agent's changes" }),
    occurredAt: Time,
    recordedAt: Time,
    traceId: Type.Optional(TraceId),
  },
  closed,
);

export const EventsQuery = Type.Object(
  { after: Type.Integer({ minimum: 0, maximum: MAX_POSITION, default: 0 }), agentId: Type.Optional(Id), limit: Limit },
  { ...closed, required: [] },
);

export const Events = Type.Object({ events: Type.Array(Entry), next: Type.Integer({ description: "hand this back as 'after'" }) }, closed);

export const AgentId = Type.Object({ id: Id }, closed);

export const AgentKnown = Type.Object(
  {
    id: Id,
    type: Type.String(),
    capabilities: Type.Array(Type.String()),
    state: Type.String(),
    region: Type.String(),
    updatedAt: Time,
    deletedAt: Type.Optional(Time),
    history: Type.Array(Entry, { description: "the newest events, newest first" }),
  },
  closed,
);

export const RegionHealth = Type.Object(
  {
    status: Type.Unsafe<"healthy" | "unhealthy" | "unknown">(Type.Enum(["healthy", "unhealthy", "unknown"])),
    since: Time,
    reasons: Type.Array(Type.String()),
  },
  closed,
);

export const Objectives = Type.Object(
  {
    objectives: Type.Array(
      Type.Object(
        {
          service: Type.String(),
          slo: Type.Unsafe<"availability" | "latency">(Type.Enum(["availability", "latency"])),
          budgetLeft: Known,
          badRatioLastHour: Known,
        },
        closed,
      ),
    ),
  },
  closed,
);

export const Alerts = Type.Object(
  {
    alerts: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          service: Type.Optional(Type.String()),
          severity: Type.Optional(Type.String()),
          summary: Type.Optional(Type.String()),
          since: Time,
          labels: Type.Record(Type.String(), Type.String()),
        },
        closed,
      ),
    ),
  },
  closed,
);

/** ExportTraceServiceRequest in OTLP's JSON. Open, and checked span by span: one that is malformed must not cost the others. */
export const TraceExport = Type.Object(
  { resourceSpans: Type.Array(Type.Object({}), { maxItems: MAX_RESOURCES_PER_REQUEST, default: [] }) },
  { required: [] },
);

export const TraceExported = Type.Object(
  { partialSuccess: Type.Optional(Type.Object({ rejectedSpans: Type.String(), errorMessage: Type.String() }, closed)) },
  closed,
);

export const TraceParams = Type.Object({ traceId: TraceId }, closed);

export const TracesQuery = Type.Object(
  {
    service: Type.Optional(Type.String({ pattern: "^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$" })),
    minDurationMs: Type.Number({ minimum: 0, maximum: 86_400_000, default: 0 }),
    limit: Limit,
  },
  { ...closed, required: [] },
);

const SpanHead = {
  spanId: Type.String(),
  service: Type.String(),
  name: Type.String(),
  startedAt: Time,
  durationMs: Type.Number(),
  failed: Type.Boolean(),
};

export const Trace = Type.Object(
  {
    traceId: TraceId,
    spans: Type.Array(
      Type.Object(
        {
          ...SpanHead,
          parentSpanId: Type.Optional(Type.String()),
          depth: Type.Integer({ minimum: 0, description: "0: it has no parent, or one that is not here" }),
          kind: Type.String(),
          attributes: Type.Record(Type.String(), Type.Unsafe<unknown>({})),
        },
        closed,
      ),
      { description: "as a tree: each span before its children, children in the order of their start" },
    ),
  },
  closed,
);

export const Traces = Type.Object({ traces: Type.Array(Type.Object({ traceId: TraceId, ...SpanHead, spans: Type.Integer() }, closed)) }, closed);
