import type { Static } from "typebox";
import { MAX_ALERTS } from "../limits";
import type { Alerts, Objectives } from "../schemas";
import { byJob } from "./prometheus";
import type { Prometheus } from "./prometheus";
import { SERIES } from "./series";

const PROMISES = [
  { slo: "availability", left: SERIES.availabilityLeft, bad: SERIES.errorsLastHour },
  { slo: "latency", left: SERIES.latencyLeft, bad: SERIES.slowLastHour },
] as const;

/** Budgets of all services, those that are worst off first. @throws Problem 503 when Prometheus cannot be asked. */
export async function objectives(prometheus: Prometheus, signal: AbortSignal): Promise<Static<typeof Objectives>> {
  const found = await Promise.all(
    PROMISES.map(async ({ slo, left, bad }) => {
      const [budgets, ratios] = await Promise.all([prometheus.query(left, signal).then(byJob), prometheus.query(bad, signal).then(byJob)]);
      return [...new Set([...budgets.keys(), ...ratios.keys()])].map((service) => ({
        service, slo, budgetLeft: budgets.get(service) ?? null, badRatioLastHour: ratios.get(service) ?? null,
      }));
    }),
  );
  const worst = (budget: number | null): number => budget ?? Infinity;
  return { objectives: found.flat().sort((a, b) => worst(a.budgetLeft) - worst(b.budgetLeft) || (a.service < b.service ? -1 : 1)) };
}

/** What is firing. @throws Problem 503 when Prometheus cannot be asked. */
export async function firing(prometheus: Prometheus, signal: AbortSignal): Promise<Static<typeof Alerts>> {
  const all = await prometheus.alerts(signal);
  const alerts = all
    .filter(({ state }) => state === "firing")
    .sort((a, b) => (a.activeAt < b.activeAt ? -1 : 1))
    .slice(0, MAX_ALERTS)
    .map(({ labels, annotations, activeAt }) => ({
      name: labels["alertname"] ?? "",
      ...(labels["job"] === undefined ? {} : { service: labels["job"] }),
      ...(labels["severity"] === undefined ? {} : { severity: labels["severity"] }),
      ...(annotations["summary"] === undefined ? {} : { summary: annotations["summary"] }),
      since: activeAt,
      labels: { ...labels },
    }));
  return { alerts };
}
