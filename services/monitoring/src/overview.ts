import type { Static } from "typebox";
import { MAX_SERVICES } from "../limits";
import type { Overview, ServiceStatus } from "../schemas";
import { byJob } from "./prometheus";
import type { Prometheus } from "./prometheus";
import { PLANNED_REQUESTS, SERIES } from "./series";
import type { Timeline } from "./timeline";

const MS_PER_S = 1_000;

/** What is asked for. A service that has vanished has 0 replicas for an hour, and not none. */
export const QUESTIONS = {
  ready: `${SERIES.replicas} or (max by (job) (max_over_time(${SERIES.replicas}[1h])) * 0)`,
  requestsPerSecond: SERIES.requests,
  errorRatio: SERIES.errors,
  p50Ms: SERIES.p50,
  p99Ms: SERIES.p99,
  availabilityLeft: SERIES.availabilityLeft,
  latencyLeft: SERIES.latencyLeft,
  planned501: `sum by (job) (increase(${PLANNED_REQUESTS}[1h]))`,
} as const;

/** Both are one figure of the answer, which is not known when one of them is not. */
const BUDGETS = ["availabilityLeft", "latencyLeft"] as const;

type Question = keyof typeof QUESTIONS;
type Answers = Readonly<Record<Question, ReadonlyMap<string, number> | undefined>>;

export interface OverviewArgs {
  readonly region: string;
  readonly prometheus: Prometheus;
  readonly timeline: Timeline;
}

/** How the region is. What cannot be asked for is null and named in `missing`; it never fails as a whole. */
export async function overview({ region, prometheus, timeline }: OverviewArgs, signal: AbortSignal): Promise<Static<typeof Overview>> {
  const names = Object.keys(QUESTIONS) as Question[];
  const [agents, ...answers] = await Promise.all([
    timeline.agentsByState({ signal }).catch(() => undefined),
    ...names.map((name) => prometheus.query(QUESTIONS[name], signal).then(byJob, () => undefined)),
  ]);
  const known = Object.fromEntries(names.map((name, index) => [name, answers[index]])) as Answers;
  const missing = names.filter((name) => known[name] === undefined).map((name) => (BUDGETS.some((budget) => budget === name) ? "budgetLeft" : name));
  return {
    region,
    at: new Date().toISOString(),
    services: [...new Set(names.flatMap((name) => [...(known[name]?.keys() ?? [])]))].sort().slice(0, MAX_SERVICES).map((name) => statusOf(name, known)),
    agents: agents === undefined ? null : { total: Object.values(agents).reduce((sum, count) => sum + count, 0), byState: { ...agents } },
    missing: [...new Set([...missing, ...(agents === undefined ? ["agents"] : [])])],
  };
}

function statusOf(name: string, known: Answers): Static<typeof ServiceStatus> {
  const value = (question: Question, scale = 1): number | null => {
    const found = known[question]?.get(name);
    return found === undefined ? null : found * scale;
  };
  const asked = BUDGETS.every((budget) => known[budget] !== undefined);
  const budgets = asked ? BUDGETS.map((budget) => value(budget)).filter((budget) => budget !== null) : [];
  return {
    name,
    ready: value("ready"),
    requestsPerSecond: value("requestsPerSecond"),
    errorRatio: value("errorRatio"),
    p50Ms: value("p50Ms", MS_PER_S),
    p99Ms: value("p99Ms", MS_PER_S),
    budgetLeft: budgets.length === 0 ? null : Math.min(...budgets),
    planned501: value("planned501"),
  };
}
