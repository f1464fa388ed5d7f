/**
 * Series that the region's Prometheus records for every service; a test compares these names with the rules that make
 * them. The label `job` is the service's name.
 */
export const SERIES = {
  replicas: "job:up:sum",
  requests: "job:http_server_requests:rate5m",
  errors: "job:slo_errors:ratio_rate5m",
  p50: "job:http_server_request_duration_seconds:p50_5m",
  p99: "job:http_server_request_duration_seconds:p99_5m",
  availabilityLeft: "job:slo_availability_budget_left:ratio",
  latencyLeft: "job:slo_latency_budget_left:ratio",
  errorsLastHour: "job:slo_errors:ratio_rate1h",
  slowLastHour: "job:slo_slow:ratio_rate1h",
} as const;

/** Exported by every service through the kit. */
export const PLANNED_REQUESTS = "planned_route_requests_total";
