import type { ObservedService } from "../observed";
import type { PlatformJobs } from "../platform";
import { RECORDED } from "./requests";
import { EVALUATION_SECONDS, jobs, runbookOf } from "./rule";
import type { AlertRule, RuleGroup, Severity } from "./rule";

/** Share of a limit beyond which somebody should look before it is reached. */
const NEARLY_FULL = 0.9;
const ETCD_NEARLY_FULL = 0.8;
/** Starts of one replica within a quarter of an hour that are not a rollout. */
const RESTARTS = 3;
/** Seconds that the slowest hundredth of turns of the event loop may take: requests wait behind them. */
const EVENT_LOOP_SECONDS = 0.25;

interface Condition {
  readonly name: string;
  readonly when: string;
  readonly for: string;
  readonly severity: Severity;
  readonly summary: string;
  readonly job?: string;
}

/** Alerts about what runs, whoever is asked how often. */
export function healthRules(services: readonly ObservedService[], platform: PlatformJobs): RuleGroup {
  const all = [...services.map((service) => service.name), platform.etcd, platform.edge, platform.collector, platform.prometheus];
  const conditions = [
    ...targetConditions(all),
    ...serviceConditions(services),
    ...deliveryConditions(),
    ...etcdConditions(platform.etcd),
    ...edgeConditions(platform.edge),
    ...telemetryConditions(platform),
  ];
  return { name: "health", interval: `${EVALUATION_SECONDS}s`, rules: conditions.map(alert) };
}

function alert({ name, when, for: duration, severity, summary, job }: Condition): AlertRule {
  return {
    alert: name,
    expr: when,
    for: duration,
    labels: { severity, ...(job === undefined ? {} : { job }) },
    annotations: { summary, runbook: runbookOf(name) },
  };
}

function targetConditions(names: readonly string[]): Condition[] {
  return [
    {
      name: "ReplicaDown",
      when: `up{${jobs(names.map((name) => ({ name })))}} == 0`,
      for: "5m",
      severity: "ticket",
      summary: "{{ $labels.job }}: the replica {{ $labels.instance }} does not answer with its metrics",
    },
    // A replica that is not ready has no name, so a service without ready replicas has no series at all.
    ...names.map((name): Condition => ({
      name: "ServiceAbsent",
      when: `absent(up{job="${name}"} == 1)`,
      for: "5m",
      severity: "page",
      summary: `${name}: no replica is ready, or none can be reached`,
      job: name,
    })),
  ];
}

function serviceConditions(services: readonly ObservedService[]): Condition[] {
  return [
    {
      name: "RestartLoop",
      when: `resets(process_cpu_seconds_total{${jobs(services)}}[15m]) >= ${RESTARTS}`,
      for: "0s",
      severity: "ticket",
      summary: "{{ $labels.job }}: the replica {{ $labels.instance }} started again and again within 15 minutes",
    },
    {
      name: "MemoryNearlyFull",
      when: `${RECORDED.memory} > ${NEARLY_FULL}`,
      for: "10m",
      severity: "ticket",
      summary: "{{ $labels.job }}: a replica is about to be killed for its memory",
    },
    {
      name: "ConnectionsNearlyFull",
      when: `${RECORDED.connections} > ${NEARLY_FULL}`,
      for: "5m",
      severity: "ticket",
      summary: "{{ $labels.job }}: a replica is about to refuse connections",
    },
    {
      name: "EventLoopBlocked",
      when: `${RECORDED.eventLoop} > ${EVENT_LOOP_SECONDS}`,
      for: "10m",
      severity: "ticket",
      summary: "{{ $labels.job }}: one request in a hundred waits for the event loop of a replica",
    },
  ];
}

/** What services count of work that was promised and not done; whichever exports it. */
function deliveryConditions(): Condition[] {
  return [
    {
      name: "DeadLetters",
      when: "sum by (job) (increase(mailbox_dead_letters_total[1h])) > 0",
      for: "0s",
      severity: "ticket",
      summary: "{{ $labels.job }}: messages were handed out too often without an acknowledgement and lie in the dead letters",
    },
    {
      name: "EventsLost",
      when: "sum by (job) (increase(outbox_lost_events_total[1h])) > 0",
      for: "0s",
      severity: "ticket",
      summary: "{{ $labels.job }}: changes were made without their event, because the outbox was full",
    },
    {
      name: "CircuitOpen",
      when: "max by (job, peer_service) (http_client_circuit_open) == 1",
      for: "5m",
      severity: "ticket",
      summary: "{{ $labels.job }}: calls to {{ $labels.peer_service }} are not even made, because they failed too often",
    },
  ];
}

function etcdConditions(job: string): Condition[] {
  const of = `{job="${job}"}`;
  return [
    {
      name: "EtcdWithoutLeader",
      when: `etcd_server_has_leader${of} == 0`,
      for: "1m",
      severity: "page",
      summary: "etcd: the member {{ $labels.instance }} knows no leader, so it takes no writes",
    },
    {
      name: "EtcdNearlyFull",
      when: `etcd_mvcc_db_total_size_in_bytes${of} / etcd_server_quota_backend_bytes${of} > ${ETCD_NEARLY_FULL}`,
      for: "10m",
      severity: "page",
      summary: "etcd: the database of {{ $labels.instance }} is nearly at its quota; beyond it no write is taken",
    },
  ];
}

function edgeConditions(job: string): Condition[] {
  return [
    {
      name: "EdgeWithoutUpstream",
      when: `sum by (envoy_cluster_name) (rate(envoy_cluster_upstream_cx_none_healthy{job="${job}"}[5m])) > 0`,
      for: "2m",
      severity: "page",
      summary: "edge: requests for {{ $labels.envoy_cluster_name }} find no replica that could answer",
    },
  ];
}

function telemetryConditions({ collector, prometheus }: PlatformJobs): Condition[] {
  const lost = ["otelcol_receiver_refused_spans", "otelcol_exporter_send_failed_spans", "otelcol_exporter_enqueue_failed_spans"];
  const of = `{job="${prometheus}"}`;
  return [
    {
      name: "SpansLost",
      when: `sum by (job) (rate({__name__=~"${lost.join("|")}",job="${collector}"}[5m])) > 0`,
      for: "10m",
      severity: "ticket",
      summary: "the collector refuses or loses spans: traces are incomplete",
    },
    {
      name: "HistoryCutShort",
      when: `prometheus_tsdb_storage_blocks_bytes${of} / (prometheus_tsdb_retention_limit_bytes${of} > 0) > ${NEARLY_FULL}`,
      for: "30m",
      severity: "ticket",
      summary: "Prometheus keeps less history than configured: its volume is full before its time is over",
    },
    {
      name: "ScrapeRefused",
      when: `increase(prometheus_target_scrapes_exceeded_sample_limit_total${of}[15m]) > 0`,
      for: "0s",
      severity: "ticket",
      summary: "a target exports more series than the limit, so none of them are kept",
    },
    {
      name: "RulesFail",
      when: `sum by (job) (increase(prometheus_rule_evaluation_failures_total${of}[15m])) > 0`,
      for: "0s",
      severity: "ticket",
      summary: "Prometheus cannot evaluate a rule: alerts may be missing",
    },
    {
      name: "AlertsLost",
      when: `sum by (job) (increase(prometheus_notifications_dropped_total${of}[15m])) > 0`,
      for: "0s",
      severity: "page",
      summary: "Prometheus cannot hand its alerts to Alertmanager: nobody is told of anything",
    },
  ];
}
