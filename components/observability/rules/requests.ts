import type { ObservedService } from "../observed";
import { EVALUATION_SECONDS, jobs } from "./rule";
import type { RecordingRule, RuleGroup } from "./rule";

/** Quantiles of request durations that are recorded. */
export const QUANTILES = { p50: 0.5, p95: 0.95, p99: 0.99 } as const;

/** Names of what is recorded per service; the monitoring service and the dashboards read them. */
export const RECORDED = {
  requests: "job:http_server_requests:rate5m",
  duration: (quantile: keyof typeof QUANTILES) => `job:http_server_request_duration_seconds:${quantile}_5m`,
  cpu: "job:process_cpu_seconds:rate5m",
  memory: "job:process_memory_limit_used:ratio",
  eventLoop: "job:nodejs_eventloop_delay_p99_seconds:max",
  active: "job:http_server_active_requests:sum",
  connections: "job:http_server_connections_used:ratio",
  replicas: "job:up:sum",
} as const;

const DURATION = "http_server_request_duration_seconds";

/** Rate, duration and saturation of every service. Errors are with the promises. */
export function requestRules(services: readonly ObservedService[]): RuleGroup {
  const of = jobs(services);
  const quantiles = (Object.keys(QUANTILES) as (keyof typeof QUANTILES)[]).map((quantile) => ({
    record: RECORDED.duration(quantile),
    expr: `histogram_quantile(${QUANTILES[quantile]}, sum by (job, le) (rate(${DURATION}_bucket{${of}}[5m])))`,
  }));
  return {
    name: "requests",
    interval: `${EVALUATION_SECONDS}s`,
    rules: [
      { record: RECORDED.requests, expr: `sum by (job) (rate(${DURATION}_count{${of}}[5m]))` },
      ...quantiles,
      { record: RECORDED.replicas, expr: `sum by (job) (up{${of}})` },
      { record: RECORDED.cpu, expr: `sum by (job) (rate(process_cpu_seconds_total{${of}}[5m]))` },
      { record: RECORDED.eventLoop, expr: `max by (job) (nodejs_eventloop_delay_p99_seconds{${of}})` },
      { record: RECORDED.active, expr: `sum by (job) (http_server_active_requests{${of}})` },
      ...services.flatMap(shares),
    ],
  };
}

/** How much of its own limits the fullest replica uses. */
function shares({ name, limits }: ObservedService): RecordingRule[] {
  const labels = { job: name };
  return [
    { record: RECORDED.memory, labels, expr: `max by (job) (process_resident_memory_bytes{job="${name}"}) / ${limits.memoryBytes}` },
    {
      record: RECORDED.connections,
      labels,
      expr: `max by (job) (sum by (job, instance) (http_server_active_requests{job="${name}"})) / ${limits.connections}`,
    },
  ];
}
