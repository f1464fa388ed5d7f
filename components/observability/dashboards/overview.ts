import type { PlatformJobs } from "../platform";
import { PROMISES, RECORDED } from "../rules";
import type { Dashboard, Panel } from "./panel";

/** All services side by side, and what they stand on. */
export function overviewDashboard(platform: PlatformJobs): Dashboard {
  return {
    uid: "agentic-flow-overview",
    title: "Region overview",
    description: "Every service of the region, and what it stands on.",
    rows: [
      { title: "Promises", panels: PROMISES.map(({ slo, budgetLeft }) => budget(slo, budgetLeft)) },
      {
        title: "Services",
        panels: [
          series("Rate", "Requests per second.", "reqps", RECORDED.requests),
          series("Faults", "Requests per second that were answered with 5xx, but 501.", "reqps", "job:slo_errors:rate5m"),
          series("Duration, slowest hundredth", "Time of one request in a hundred.", "s", RECORDED.duration("p99")),
        ],
      },
      {
        title: "Saturation",
        panels: [
          series("Replicas", "Replicas that are ready and answer with their metrics.", "none", RECORDED.replicas),
          series("CPU", "Cores that all replicas use together.", "short", RECORDED.cpu),
          { ...series("Memory of the fullest replica", "Share of its limit.", "percentunit", RECORDED.memory), threshold: 0.9 },
        ],
      },
      { title: "Edge", panels: [edgeRate(platform.edge), edgeDuration(platform.edge), edgeConnections(platform.edge)] },
      { title: "Stores and telemetry", panels: [etcdSize(platform.etcd), etcdSync(platform.etcd), spans(platform.collector), scrapes()] },
    ],
  };
}

function series(title: string, description: string, unit: Panel["unit"], name: string): Panel {
  return { title, description, kind: "timeseries", unit, queries: [{ expr: name, legend: "{{job}}" }] };
}

function budget(slo: string, budgetLeft: string): Panel {
  return {
    title: `Budget left: ${slo}`,
    description: "Share of what may go wrong in 30 days that is left, by service.",
    kind: "bargauge",
    unit: "percentunit",
    queries: [{ expr: budgetLeft, legend: "{{job}}" }],
    threshold: 0.1,
    lowIsBad: true,
  };
}

function edgeOf(edge: string): string {
  return `{job="${edge}",envoy_http_conn_manager_prefix="edge"}`;
}

function edgeRate(edge: string): Panel {
  return {
    title: "Edge: answers by class",
    description: "Requests per second from outside, by the class of the answer.",
    kind: "timeseries",
    unit: "reqps",
    queries: [
      {
        expr: `sum by (envoy_response_code_class) (rate(envoy_http_downstream_rq_xx${edgeOf(edge)}[5m]))`,
        legend: "{{envoy_response_code_class}}xx",
      },
    ],
  };
}

function edgeDuration(edge: string): Panel {
  return {
    title: "Edge: duration, slowest hundredth",
    description: "As callers see it, network aside. Envoy counts in milliseconds.",
    kind: "timeseries",
    unit: "s",
    queries: [
      {
        expr: `histogram_quantile(0.99, sum by (le) (rate(envoy_http_downstream_rq_time_bucket${edgeOf(edge)}[5m]))) / 1000`,
        legend: "p99",
      },
    ],
  };
}

function edgeConnections(edge: string): Panel {
  return {
    title: "Edge: connections",
    description: "Open connections of clients, by replica.",
    kind: "timeseries",
    unit: "short",
    queries: [{ expr: `sum by (instance) (envoy_http_downstream_cx_active${edgeOf(edge)})`, legend: "{{instance}}" }],
  };
}

function etcdSize(etcd: string): Panel {
  return {
    title: "etcd: size",
    description: "Size of the database as a share of its quota, by member.",
    kind: "timeseries",
    unit: "percentunit",
    queries: [
      { expr: `etcd_mvcc_db_total_size_in_bytes{job="${etcd}"} / etcd_server_quota_backend_bytes{job="${etcd}"}`, legend: "{{instance}}" },
    ],
    threshold: 0.8,
  };
}

function etcdSync(etcd: string): Panel {
  return {
    title: "etcd: write to disk, slowest hundredth",
    description: "A write is acknowledged after it; above 10 ms the volume is slow.",
    kind: "timeseries",
    unit: "s",
    queries: [
      {
        expr: `histogram_quantile(0.99, sum by (instance, le) (rate(etcd_disk_wal_fsync_duration_seconds_bucket{job="${etcd}"}[5m])))`,
        legend: "{{instance}}",
      },
    ],
    threshold: 0.01,
  };
}

function spans(collector: string): Panel {
  return {
    title: "Spans",
    description: "Spans per second that the collector took and handed on. With a receiver of your own it hands each on twice.",
    kind: "timeseries",
    unit: "short",
    queries: [
      { expr: `sum (rate(otelcol_receiver_accepted_spans{job="${collector}"}[5m]))`, legend: "taken" },
      { expr: `sum by (exporter) (rate(otelcol_exporter_sent_spans{job="${collector}"}[5m]))`, legend: "to {{exporter}}" },
    ],
  };
}

function scrapes(): Panel {
  return {
    title: "Series by workload",
    description: "Samples of one scrape.",
    kind: "timeseries",
    unit: "short",
    queries: [{ expr: "sum by (job) (scrape_samples_scraped)", legend: "{{job}}" }],
  };
}
