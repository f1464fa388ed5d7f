import type { Static } from "typebox";
import type { AgentKnown, Events, Trace, Traces } from "../schemas";
import type { SpanRecord } from "./otlp";
import type { KnownAgent, TimelineEntry } from "./timeline";
import type { TraceHead } from "./trace-store";
import type { TreeSpan } from "./trace-tree";

const NS_PER_MS = 1_000_000n;
const KINDS = ["unspecified", "internal", "server", "client", "producer", "consumer"] as const;

export function toEvent({ occurredAt, recordedAt, previousState, traceId, ...entry }: TimelineEntry): Static<typeof Events>["events"][number] {
  return {
    ...entry,
    occurredAt: occurredAt.toISOString(),
    recordedAt: recordedAt.toISOString(),
    ...(previousState === undefined ? {} : { previousState }),
    ...(traceId === undefined ? {} : { traceId }),
  };
}

export function toKnown({ capabilities, updatedAt, deletedAt, history, ...agent }: KnownAgent): Static<typeof AgentKnown> {
  return {
    ...agent,
    capabilities: [...capabilities],
    updatedAt: updatedAt.toISOString(),
    ...(deletedAt === undefined ? {} : { deletedAt: deletedAt.toISOString() }),
    history: history.map(toEvent),
  };
}

export function toTreeSpan({ span, depth }: TreeSpan): Static<typeof Trace>["spans"][number] {
  const { parentSpanId, kind, attributes } = span;
  return { ...headOf(span), ...(parentSpanId === undefined ? {} : { parentSpanId }), depth, kind: KINDS[kind] ?? KINDS[0], attributes: { ...attributes } };
}

export function toTrace(head: TraceHead): Static<typeof Traces>["traces"][number] {
  return { traceId: head.traceId, ...headOf(head), spans: head.spans };
}

function headOf({ spanId, service, name, startedNs, durationNs, failed }: SpanRecord) {
  return { spanId, service, name, startedAt: new Date(Number(startedNs / NS_PER_MS)).toISOString(), durationMs: Number(durationNs) / Number(NS_PER_MS), failed };
}
