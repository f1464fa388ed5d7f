import type { Counter } from "@opentelemetry/api";
import { problem } from "../../kit/src";
import type { OperationsOf } from "../../kit/src";
import type { contract } from "../contract";
import type { HealthWatch } from "./health-watch";
import { firing, objectives } from "./objectives";
import { parseExport } from "./otlp";
import { overview } from "./overview";
import type { Prometheus } from "./prometheus";
import type { Timeline } from "./timeline";
import type { TraceStore } from "./trace-store";
import { toTree } from "./trace-tree";
import { toEvent, toKnown, toTrace, toTreeSpan } from "./views";

export interface MonitoringParts {
  readonly region: string;
  readonly prometheus: Prometheus;
  readonly timeline: Timeline;
  readonly traces: TraceStore;
  readonly health: HealthWatch;
  /** Spans by outcome. */
  readonly spans: Counter;
}

/** What the service does for each route that its contract publishes as available. */
export function operations({ region, prometheus, timeline, traces, health, spans }: MonitoringParts): OperationsOf<typeof contract> {
  return {
    getOverview: async ({ signal }) => ({ status: 200, body: await overview({ region, prometheus, timeline }, signal) }),
    listEvents: async ({ query, signal }) => {
      const events = (await timeline.events({ after: query.after, agentId: query.agentId, limit: query.limit, signal })).map(toEvent);
      return { status: 200, body: { events, next: events.at(-1)?.position ?? query.after } };
    },
    getAgentHistory: async ({ params: { id }, signal }) => {
      const agent = await timeline.agent(id, { signal });
      if (agent === undefined) throw problem("not-found", `nothing is known of an agent '${id}' in region '${region}'; one that was made a moment ago is known in a few seconds`);
      return { status: 200, body: toKnown(agent) };
    },
    getRegionHealth: () => Promise.resolve({ status: 200, headers: { "cache-control": "no-store" }, body: health.report }),
    getObjectives: async ({ signal }) => ({ status: 200, body: await objectives(prometheus, signal) }),
    getAlerts: async ({ signal }) => ({ status: 200, body: await firing(prometheus, signal) }),
    takeTraces: async ({ body, signal }) => {
      const parsed = parseExport(body);
      await traces.add(parsed.spans, { signal });
      spans.add(parsed.spans.length, { outcome: "stored" });
      if (parsed.rejected === 0) return { status: 200, body: {} };
      spans.add(parsed.rejected, { outcome: "rejected" });
      return { status: 200, body: { partialSuccess: { rejectedSpans: String(parsed.rejected), errorMessage: parsed.reason ?? "" } } };
    },
    getTrace: async ({ params: { traceId }, signal }) => {
      const found = await traces.trace(traceId, { signal });
      if (found.length === 0) throw problem("not-found", `no span of trace '${traceId}' is kept; spans arrive a few seconds after they end and are kept for a day`);
      return { status: 200, body: { traceId, spans: toTree(found).map(toTreeSpan) } };
    },
    listTraces: async ({ query, signal }) => {
      const found = await traces.newest({ service: query.service, minDurationMs: query.minDurationMs, limit: query.limit, signal });
      return { status: 200, body: { traces: found.map(toTrace) } };
    },
  };
}
