/**
 * Names of the series that rules and dashboards may speak of. A query for a name that nothing exports is empty for ever
 * and says nothing, so tests compare every query with these lists, and these lists with what is really exported.
 */

/** What every service exports through the kit. */
export const SERVICE_METRICS = [
  "http_server_request_duration_seconds_bucket",
  "http_server_request_duration_seconds_sum",
  "http_server_request_duration_seconds_count",
  "http_server_active_requests",
  "http_client_request_duration_seconds_bucket",
  "http_client_request_duration_seconds_sum",
  "http_client_request_duration_seconds_count",
  "process_cpu_seconds_total",
  "process_resident_memory_bytes",
  "nodejs_eventloop_delay_p99_seconds",
  "planned_route_requests_total",
] as const;

/** What single services export of their own, and an alert reads wherever it is found. */
export const OWN_METRICS = ["mailbox_dead_letters_total", "outbox_lost_events_total", "http_client_circuit_open"] as const;

/** What Prometheus itself adds for every target. */
export const SCRAPE_METRICS = ["up", "scrape_samples_scraped", "scrape_duration_seconds"] as const;

/** What the other processes of a region export, as far as it is used here. */
export const PLATFORM_METRICS = [
  "envoy_http_downstream_rq_xx",
  "envoy_http_downstream_rq_time_bucket",
  "envoy_http_downstream_cx_active",
  "envoy_cluster_upstream_cx_none_healthy",
  "etcd_server_has_leader",
  "etcd_mvcc_db_total_size_in_bytes",
  "etcd_server_quota_backend_bytes",
  "etcd_disk_wal_fsync_duration_seconds_bucket",
  "otelcol_receiver_accepted_spans",
  "otelcol_receiver_refused_spans",
  "otelcol_exporter_sent_spans",
  "otelcol_exporter_send_failed_spans",
  "otelcol_exporter_enqueue_failed_spans",
  "prometheus_tsdb_storage_blocks_bytes",
  "prometheus_tsdb_retention_limit_bytes",
  "prometheus_target_scrapes_exceeded_sample_limit_total",
  "prometheus_rule_evaluation_failures_total",
  "prometheus_notifications_dropped_total",
] as const;
