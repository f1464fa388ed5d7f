import { HEALTH_PATHS, SERVICE_LIMITS, SERVICE_OBJECTIVE, SERVICE_PORTS, SERVICE_SHUTDOWN, defineContract } from "../kit/contract";
import { LIFECYCLE_TOPIC } from "../agent/contract";
import {
  AgentId, AgentKnown, Alerts, Events, EventsQuery, Objectives, Overview, RegionHealth, Trace, TraceExport, TraceExported, TraceParams, Traces, TracesQuery,
} from "./schemas";

const ROOT = "/api/v1/monitoring";

/** Where the collector hands traces over. */
export const TRACES_IN = `${ROOT}/otlp/v1/traces` as const;

/** The monitoring service: how the region and its agents are, and what happened. */
export const contract = defineContract({
  name: "monitoring",
  version: "1.0.0",
  summary: "State of the region, timeline of agents, traces, objectives",
  ports: SERVICE_PORTS,
  prefixes: [ROOT],
  routes: {
    getOverview: {
      method: "GET",
      path: `${ROOT}/overview`,
      summary: "Services and agents at one glance",
      status: "available",
      schema: { responses: { 200: { description: "What is known; what is not is null", body: Overview } } },
    },
    listEvents: {
      method: "GET",
      path: `${ROOT}/events`,
      summary: "What happened to agents, in the order it was recorded",
      status: "available",
      schema: { query: EventsQuery, responses: { 200: { description: "One page", body: Events } } },
    },
    getAgentHistory: {
      method: "GET",
      path: `${ROOT}/agents/{id}`,
      summary: "What is known of one agent, removed ones included",
      status: "available",
      schema: {
        params: AgentId,
        responses: { 200: { description: "Its last known state and its history", body: AgentKnown } },
        problems: { "not-found": { status: 404, description: "no event or listing has told of this agent" } },
      },
    },
    getRegionHealth: {
      method: "GET",
      path: `${ROOT}/health/region`,
      summary: "Whether this region should get traffic",
      status: "available",
      schema: { responses: { 200: { description: "Unhealthy at once, healthy again after a minute without a reason", body: RegionHealth } } },
    },
    getObjectives: {
      method: "GET",
      path: `${ROOT}/slo`,
      summary: "Error budgets of all services",
      status: "available",
      schema: { responses: { 200: { description: "Budget left of each promise", body: Objectives } } },
    },
    getAlerts: {
      method: "GET",
      path: `${ROOT}/alerts`,
      summary: "Alerts that are firing",
      status: "available",
      schema: { responses: { 200: { description: "Oldest first", body: Alerts } } },
    },
    takeTraces: {
      method: "POST",
      path: TRACES_IN,
      summary: "Take spans from the collector, as OTLP in JSON",
      status: "available",
      audience: "collector",
      schema: { body: TraceExport, responses: { 200: { description: "Stored, but for the spans that are said to be rejected", body: TraceExported } } },
    },
    getTrace: {
      method: "GET",
      path: `${ROOT}/traces/{traceId}`,
      summary: "One trace with all its spans",
      status: "available",
      schema: {
        params: TraceParams,
        responses: { 200: { description: "The spans that have arrived so far", body: Trace } },
        problems: { "not-found": { status: 404, description: "no span of this trace is kept" } },
      },
    },
    listTraces: {
      method: "GET",
      path: `${ROOT}/traces`,
      summary: "Newest traces, by their first span",
      status: "available",
      schema: { query: TracesQuery, responses: { 200: { description: "Newest first", body: Traces } } },
    },
    getAgentCost: { method: "GET", path: `${ROOT}/agents/{id}/cost`, summary: "What an agent has cost", status: "planned" },
    getSwarmTimeline: { method: "GET", path: `${ROOT}/swarms/{id}/timeline`, summary: "What happened to a swarm", status: "planned" },
  },
  health: HEALTH_PATHS,
  // The collector's batches are larger than what people send.
  limits: { ...SERVICE_LIMITS, requestBodyBytes: 4 * 1024 * 1024 },
  shutdown: SERVICE_SHUTDOWN,
  needs: ["postgres", "prometheus"],
  stores: [{ system: "postgres", prefix: "monitoring", holds: "timeline of agents, spans" }],
  topics: { publishes: [], consumes: [LIFECYCLE_TOPIC] },
  env: {
    criticalJobs: {
      name: "CRITICAL_JOBS",
      description: "Names of what has to have a replica for the region to be healthy, separated by commas",
      kind: "string",
      required: false,
      default: "agent,edge,etcd,message-bus",
    },
  },
  calls: ["message-bus", "agent"],
  slo: SERVICE_OBJECTIVE,
});
