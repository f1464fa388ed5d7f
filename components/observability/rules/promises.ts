import type { ObservedService } from "../observed";

/** One of the two things that a service promises. */
export interface ServicePromise {
  /** Value of the label `slo`. */
  readonly slo: "availability" | "latency";
  /** Name of the alert when its budget burns. */
  readonly alert: string;
  /** Series of bad requests and of all requests that count, per second. */
  readonly bad: string;
  readonly all: string;
  /** Series of the share of bad requests over a window. */
  readonly ratio: (window: string) => string;
  /** Series of the share of the budget that is left. */
  readonly budgetLeft: string;
  /** Share of requests that may be bad. */
  readonly allowed: (service: ObservedService) => number;
  /** The promise in words. */
  readonly words: (service: ObservedService) => string;
}

/** Rounds away what binary fractions add: 1 - 0.999 is 0.001 and not 0.0010000000000000009. */
function complement(share: number): number {
  return Number((1 - share).toPrecision(6));
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(6))} %`;
}

export const AVAILABILITY: ServicePromise = {
  slo: "availability",
  alert: "AvailabilityBudgetBurn",
  bad: "job:slo_errors:rate5m",
  all: "job:slo_requests:rate5m",
  ratio: (window) => `job:slo_errors:ratio_rate${window}`,
  budgetLeft: "job:slo_availability_budget_left:ratio",
  allowed: ({ slo }) => complement(slo.availability),
  words: ({ slo }) => `${percent(slo.availability)} of requests answered without a fault`,
};

export const LATENCY: ServicePromise = {
  slo: "latency",
  alert: "LatencyBudgetBurn",
  bad: "job:slo_slow:rate5m",
  all: "job:slo_answers:rate5m",
  ratio: (window) => `job:slo_slow:ratio_rate${window}`,
  budgetLeft: "job:slo_latency_budget_left:ratio",
  allowed: ({ slo }) => complement(slo.latencyShare),
  words: ({ slo }) => `${percent(slo.latencyShare)} of answers within ${slo.latencyMs} ms`,
};

export const PROMISES = [AVAILABILITY, LATENCY] as const;
