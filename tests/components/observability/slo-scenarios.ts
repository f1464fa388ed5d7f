import type { ObservedService } from "../../../components/observability/observed";
import { AVAILABILITY, BURN_RATES, LATENCY, PROMISES } from "../../../components/observability/rules";
import type { AlertRule, RuleFile, ServicePromise } from "../../../components/observability/rules";
import { alertsOf, firing, SAMPLE_INTERVAL } from "./promtool-tests";
import type { RuleTest, Series } from "./promtool-tests";

/** Requests of one kind per minute. */
interface Traffic {
  readonly good: number;
  /** Answered 503. */
  readonly failed?: number;
  /** Answered 200, later than promised. */
  readonly slow?: number;
  /** Answered 501. */
  readonly planned?: number;
  /** Answered 200 after waiting for something to happen, as their callers asked. */
  readonly waiting?: number;
}

interface Scenario {
  readonly name: string;
  readonly minutes: number;
  /** One after the other, each for an equal part of the time. */
  readonly traffic: readonly Traffic[];
  readonly fires: (alert: AlertRule) => boolean;
}

/** Longer than the longest time that an alert has to hold. */
const MINUTES = 50;
/** Requests per minute: a thousandth of them is more than the least number that anybody is told of. */
const BUSY = 60_000;

/**
 * For each way a budget of one service can burn, that exactly those alerts fire that should; and that good, planned,
 * scarce and absent traffic wakes nobody.
 */
export function sloTests(rules: RuleFile, service: ObservedService): RuleTest[] {
  const alerts = alertsOf(rules).filter((alert) => alert.labels.slo !== undefined && alert.labels.job === service.name);
  return scenarios(service).map(({ name, minutes, traffic, fires }) => ({
    name: `${service.name}: ${name}`,
    interval: SAMPLE_INTERVAL,
    input_series: requestSeries(service, minutes, traffic),
    alert_rule_test: PROMISES.map((promise) => ({
      eval_time: `${minutes}m`,
      alertname: promise.alert,
      exp_alerts: alerts.filter((alert) => alert.alert === promise.alert && fires(alert)).map((alert) => firing(alert)),
    })),
  }));
}

function scenarios(service: ObservedService): Scenario[] {
  const half = { good: BUSY, failed: spoilt(AVAILABILITY, service, 0.5), slow: spoilt(LATENCY, service, 0.5) };
  const quiet = (name: string, traffic: Traffic): Scenario => ({ name, minutes: MINUTES, traffic: [traffic], fires: () => false });
  return [
    ...PROMISES.flatMap((promise) => BURN_RATES.map(({ factor }) => burn(promise, service, factor))),
    quiet("uses half of its budgets", half),
    quiet("is asked for operations that are not built", { good: 100, planned: BUSY }),
    ...service.waitingRoutes.map((route) => quiet(`lets callers of ${route} wait`, { good: 100, waiting: BUSY })),
    quiet("has too few requests to say anything", { good: 0.001, failed: 0.005 }),
    quiet("has no traffic", { good: 0 }),
    {
      name: "failed for eighty minutes and has been well for as long",
      minutes: 160,
      traffic: [{ good: 0, failed: BUSY }, { good: BUSY }],
      fires: ({ labels }) => labels.slo === "availability" && labels.severity === "ticket",
    },
  ];
}

/** Burns a budget a little faster than one factor: its alert fires, and those for lower factors, and no other. */
function burn(promise: ServicePromise, service: ObservedService, factor: number): Scenario {
  const bad = spoilt(promise, service, factor * 1.2);
  const reached = BURN_RATES.filter((rate) => rate.factor <= factor).map(({ long }): string => long);
  return {
    name: `${promise.slo} burns ${factor} times too fast`,
    minutes: MINUTES,
    traffic: [{ good: BUSY - bad, [promise === AVAILABILITY ? "failed" : "slow"]: bad }],
    fires: ({ labels }) => labels.slo === promise.slo && reached.includes(labels.window ?? ""),
  };
}

/** Requests per minute that use up a budget this many times as fast as it may be. */
function spoilt(promise: ServicePromise, service: ObservedService, factor: number): number {
  return Math.min(BUSY, BUSY * promise.allowed(service) * factor);
}

/** Counters of one replica. */
function requestSeries({ name, slo, waitingRoutes }: ObservedService, minutes: number, traffic: readonly Traffic[]): Series[] {
  const steps = Math.floor(minutes / traffic.length);
  const labels = (status: number, route = "/") =>
    `job="${name}",instance="replica",http_request_method="GET",http_route="${route}",http_response_status_code="${status}"`;
  const series = (suffix: string, inner: string, rate: (of: Traffic) => number): Series => ({
    series: `http_server_request_duration_seconds_${suffix}{${inner}}`,
    values: rising(traffic.map(rate), steps),
  });
  const answered = ({ good, slow = 0 }: Traffic) => good + slow;
  return [
    series("count", labels(200), answered),
    series("count", labels(503), ({ failed = 0 }) => failed),
    series("count", labels(501), ({ planned = 0 }) => planned),
    ...waitingRoutes.map((route) => series("count", labels(200, route), ({ waiting = 0 }) => waiting)),
    series("bucket", `${labels(200)},le="${slo.latencyMs / 1000}"`, ({ good }) => good),
    series("bucket", `${labels(200)},le="+Inf"`, answered),
  ];
}

/** A counter that rises at one rate after the other. */
function rising(rates: readonly number[], steps: number): string {
  let from = 0;
  return rates
    .map((rate) => {
      const part = `${from}+${rate}x${steps - 1}`;
      from += rate * steps;
      return part;
    })
    .join(" ");
}
