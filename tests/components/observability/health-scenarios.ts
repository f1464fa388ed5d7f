import type { RuleFile } from "../../../components/observability/rules";
import { alertsOf, firing, SAMPLE_INTERVAL } from "./promtool-tests";
import type { RuleTest, Series } from "./promtool-tests";
import { PLATFORM, SERVICES } from "./sample";

interface Scenario {
  /** Series that make the alert fire, and the labels it then has besides its own. */
  readonly fires: readonly Series[];
  readonly labels: Readonly<Record<string, string>>;
  /** Series of a healthy region. */
  readonly quiet: readonly Series[];
}

const MINUTES = 40;
const SAMPLES = `x${MINUTES}`;

const labelled = (labels: Readonly<Record<string, string>>) =>
  `{${Object.entries(labels).map(([name, value]) => `${name}="${value}"`).join(",")}}`;

/** One series, once with values that alarm and once with values that do not. */
function scenario(name: string, labels: Readonly<Record<string, string>>, alarming: string, harmless: string, kept = labels): Scenario {
  const series = (values: string): Series[] => [{ series: `${name}${labelled(labels)}`, values }];
  return { fires: series(alarming), labels: kept, quiet: series(harmless) };
}

/** The same beside a series that stays as it is. */
function beside(other: Series, own: Scenario): Scenario {
  return { ...own, fires: [other, ...own.fires], quiet: [other, ...own.quiet] };
}

const constant = (value: number) => `${value}+0${SAMPLES}`;
const rising = (step: number) => `0+${step}${SAMPLES}`;
const replica = { job: "agent", instance: "replica" };
const job = { job: "agent" };
const member = { job: PLATFORM.etcd, instance: "member" };
const prometheus = { job: PLATFORM.prometheus };
const memoryBytes = SERVICES[0].limits.memoryBytes;
const connections = SERVICES[0].limits.connections;

/** By name of the alert; a test asserts that none is missing. */
const SCENARIOS: Readonly<Record<string, Scenario>> = {
  ReplicaDown: scenario("up", replica, constant(0), constant(1)),
  RestartLoop: scenario("process_cpu_seconds_total", replica, "0+1x28 0 1 2 0 1 2 0 1 2 3 4 5", rising(1)),
  MemoryNearlyFull: scenario("process_resident_memory_bytes", replica, constant(0.95 * memoryBytes), constant(0.5 * memoryBytes), job),
  ConnectionsNearlyFull: scenario("http_server_active_requests", replica, constant(0.95 * connections), constant(0.5 * connections), job),
  EventLoopBlocked: scenario("nodejs_eventloop_delay_p99_seconds", replica, constant(0.5), constant(0.02), job),
  DeadLetters: scenario("mailbox_dead_letters_total", replica, rising(1), constant(3), job),
  EventsLost: scenario("outbox_lost_events_total", replica, rising(1), constant(3), job),
  CircuitOpen: scenario("http_client_circuit_open", { ...replica, peer_service: "memory" }, constant(1), constant(0), { ...job, peer_service: "memory" }),
  EtcdWithoutLeader: scenario("etcd_server_has_leader", member, constant(0), constant(1)),
  EtcdNearlyFull: beside(
    { series: `etcd_server_quota_backend_bytes${labelled(member)}`, values: constant(1000) },
    scenario("etcd_mvcc_db_total_size_in_bytes", member, constant(900), constant(500)),
  ),
  EdgeWithoutUpstream: scenario(
    "envoy_cluster_upstream_cx_none_healthy",
    { job: PLATFORM.edge, envoy_cluster_name: "agent" },
    rising(10),
    constant(3),
    { envoy_cluster_name: "agent" },
  ),
  SpansLost: scenario("otelcol_exporter_send_failed_spans", { job: PLATFORM.collector }, rising(10), constant(3)),
  HistoryCutShort: beside(
    { series: `prometheus_tsdb_retention_limit_bytes${labelled(prometheus)}`, values: constant(1000) },
    scenario("prometheus_tsdb_storage_blocks_bytes", prometheus, constant(950), constant(500)),
  ),
  ScrapeRefused: scenario("prometheus_target_scrapes_exceeded_sample_limit_total", prometheus, rising(1), constant(3)),
  RulesFail: scenario("prometheus_rule_evaluation_failures_total", { ...prometheus, rule_group: "slo" }, rising(1), constant(3), prometheus),
  AlertsLost: scenario("prometheus_notifications_dropped_total", prometheus, rising(1), constant(3)),
};

/** For every alert about health but `ServiceAbsent`: that it fires on its scenario, and not on a healthy region. */
export function healthTests(rules: RuleFile): RuleTest[] {
  const alerts = alertsOf(rules).filter((alert) => alert.labels.slo === undefined && alert.alert !== "ServiceAbsent");
  return alerts.flatMap((alert) => {
    const { fires, labels, quiet } = SCENARIOS[alert.alert] ?? { fires: [], labels: {}, quiet: [] };
    if (fires.length === 0) throw new Error(`alert '${alert.alert}' has no scenario; add one to SCENARIOS`);
    const test = (name: string, series: readonly Series[], expected: readonly Readonly<Record<string, string>>[]): RuleTest => ({
      name: `${alert.alert} ${name}`,
      interval: SAMPLE_INTERVAL,
      input_series: series,
      alert_rule_test: [{ eval_time: `${MINUTES}m`, alertname: alert.alert, exp_alerts: expected.map((found) => firing(alert, found)) }],
    });
    return [test("fires", fires, [labels]), test("keeps quiet", quiet, [])];
  });
}

/** `ServiceAbsent`: fires for whatever has no series, and for what is down, and not for what is up. */
export function absenceTest(rules: RuleFile): RuleTest {
  const alerts = alertsOf(rules).filter((alert) => alert.alert === "ServiceAbsent");
  const up = (name: string, value: number): Series => ({ series: `up{job="${name}",instance="replica"}`, values: constant(value) });
  return {
    name: "ServiceAbsent",
    interval: SAMPLE_INTERVAL,
    input_series: [up("agent", 1), up(PLATFORM.edge, 0)],
    alert_rule_test: [
      {
        eval_time: `${MINUTES}m`,
        alertname: "ServiceAbsent",
        exp_alerts: alerts.filter((alert) => alert.labels.job !== "agent").map((alert) => firing(alert)),
      },
    ],
  };
}
