import type { ObservedService } from "../observed";
import { AVAILABILITY, LATENCY, PROMISES } from "./promises";
import type { ServicePromise } from "./promises";
import { EVALUATION_SECONDS, jobs, runbookOf } from "./rule";
import type { AlertRule, RecordingRule, RuleGroup } from "./rule";
import { BUDGET_PERIOD, BURN_RATES, WINDOWS } from "./windows";
import type { BurnRate, Window } from "./windows";

/** Seconds between two evaluations of what is left of a budget: thirty days of samples are read for it. */
const BUDGET_SECONDS = 300;

/** Bad requests below which nobody is told: of three requests one that failed says nothing about the service. */
export const LEAST_BAD_REQUESTS = 5;

const COUNT = "http_server_request_duration_seconds_count";
const BUCKET = "http_server_request_duration_seconds_bucket";
const STATUS = "http_response_status_code";
/** An operation that is published and not built answers 501: that is as promised, and counted elsewhere. */
const NOT_PLANNED = `${STATUS}!="501"`;
const FAULT = `${STATUS}=~"5..",${NOT_PLANNED}`;
const ANSWER = `${STATUS}!~"5.."`;

/** Everything about the promises of these services: what is recorded, and when somebody is told. */
export function sloRules(services: readonly ObservedService[]): RuleGroup[] {
  const interval = `${EVALUATION_SECONDS}s`;
  return [
    { name: "slo-requests", interval, rules: [...requestRates(services), ...services.map((service) => slowRequests(service, answers(services))), ...PROMISES.flatMap(ratios)] },
    { name: "slo-budgets", interval: `${BUDGET_SECONDS}s`, rules: services.flatMap((service) => PROMISES.map((promise) => budgetLeft(service, promise))) },
    {
      name: "slo-alerts",
      interval,
      rules: services.flatMap((service) => PROMISES.flatMap((promise) => BURN_RATES.map((burn) => burnAlert(service, promise, burn)))),
    },
  ];
}

function requestRates(services: readonly ObservedService[]): RecordingRule[] {
  const rate = (matcher: string) => `sum by (job) (rate(${COUNT}{${jobs(services)},${matcher}}[5m]))`;
  return [
    { record: AVAILABILITY.all, expr: rate(NOT_PLANNED) },
    // A series of faults exists from the first fault on; before it there are none, which is not the same as not known.
    { record: AVAILABILITY.bad, expr: `${rate(FAULT)} or ${AVAILABILITY.all} * 0` },
    { record: LATENCY.all, expr: rate(answers(services)) },
  ];
}

/** Answers whose time says something: one that waited for a message took as long as its caller wanted. */
function answers(services: readonly ObservedService[]): string {
  const waiting = services.flatMap(({ waitingRoutes }) => waitingRoutes).map((route) => route.replace(/[.*+?^${}()|[\]\\]/g, "\\\\$&"));
  return waiting.length === 0 ? ANSWER : `${ANSWER},http_route!~"${waiting.join("|")}"`;
}

function slowRequests({ name, slo }: ObservedService, timed: string): RecordingRule {
  const quick = `sum by (job) (rate(${BUCKET}{job="${name}",${timed},${bound(slo.latencyMs / 1000)}}[5m]))`;
  // Two rates of one scrape can differ by rounding; there are not less than no slow requests.
  return { record: LATENCY.bad, labels: { job: name }, expr: `clamp_min(${LATENCY.all}{job="${name}"} - ${quick}, 0)` };
}

/** A matcher of one bucket. Whole numbers are written `1` by version 2 of Prometheus and `1.0` by version 3. */
function bound(seconds: number): string {
  return Number.isInteger(seconds) ? `le=~"${seconds}([.]0)?"` : `le="${seconds}"`;
}

/**
 * Shares of bad requests. Longer windows are sums over what was recorded, one series per service, so that three days
 * cost no more to read than the number of services, however many replicas and routes they have.
 */
function ratios(promise: ServicePromise): RecordingRule[] {
  return (Object.keys(WINDOWS) as Window[]).map((window) => ({
    record: promise.ratio(window),
    expr:
      window === "5m"
        ? `${promise.bad} / (${promise.all} > 0)`
        : `sum_over_time(${promise.bad}[${window}]) / (sum_over_time(${promise.all}[${window}]) > 0)`,
  }));
}

function budgetLeft(service: ObservedService, promise: ServicePromise): RecordingRule {
  const sum = (series: string) => `sum_over_time(${series}{job="${service.name}"}[${BUDGET_PERIOD}])`;
  return {
    record: promise.budgetLeft,
    labels: { job: service.name },
    expr: `1 - ${sum(promise.bad)} / (${sum(promise.all)} > 0) / ${promise.allowed(service)}`,
  };
}

function burnAlert(service: ObservedService, promise: ServicePromise, burn: BurnRate): AlertRule {
  const job = `{job="${service.name}"}`;
  const threshold = Number((promise.allowed(service) * burn.factor).toPrecision(6));
  return {
    alert: promise.alert,
    expr: [
      `${promise.ratio(burn.long)}${job} > ${threshold}`,
      `${promise.ratio(burn.short)}${job} > ${threshold}`,
      `sum_over_time(${promise.bad}${job}[${burn.long}]) * ${EVALUATION_SECONDS} >= ${LEAST_BAD_REQUESTS}`,
    ].join(" and "),
    for: burn.for,
    labels: { severity: burn.severity, job: service.name, slo: promise.slo, window: burn.long },
    annotations: {
      summary: `${service.name} promises ${promise.words(service)} and uses up its budget ${burn.factor} times as fast as it may (${burn.long})`,
      runbook: runbookOf(promise.alert),
    },
  };
}
