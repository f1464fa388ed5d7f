import { RECOVERY_MS } from "../limits";

/** What was seen of the region at one moment: replicas that answer, by job. Undefined: nothing could be seen. */
export type Observation = ReadonlyMap<string, number> | undefined;

/** Why the region should get no traffic. Empty: no reason. Undefined: that cannot be said. */
export function reasonsAgainst(criticalJobs: readonly string[], seen: Observation): readonly string[] | undefined {
  if (seen === undefined) return undefined;
  return criticalJobs.filter((job) => (seen.get(job) ?? 0) === 0).map((job) => `'${job}' has no replica that answers`);
}

/** All moments in milliseconds of one clock. */
export type Health =
  | { readonly status: "unknown"; readonly sinceMs: number }
  | { readonly status: "healthy"; readonly sinceMs: number }
  | {
      readonly status: "unhealthy";
      readonly sinceMs: number;
      readonly reasons: readonly string[];
      /** Since when there is no reason any more; undefined while there is one. */
      readonly wellSinceMs: number | undefined;
    };

/**
 * The next state: unhealthy at the first reason, healthy again after `RECOVERY_MS` without any. Not being able to see
 * changes nothing: a region must not lose its traffic because its Prometheus is gone. The first sight decides at once.
 */
export function nextHealth(health: Health, reasons: readonly string[] | undefined, nowMs: number): Health {
  if (reasons === undefined) return health.status === "unhealthy" ? { ...health, wellSinceMs: undefined } : health;
  if (reasons.length > 0) {
    return { status: "unhealthy", sinceMs: health.status === "unhealthy" ? health.sinceMs : nowMs, reasons, wellSinceMs: undefined };
  }
  switch (health.status) {
    case "unknown":
      return { status: "healthy", sinceMs: nowMs };
    case "healthy":
      return health;
    case "unhealthy": {
      const wellSinceMs = health.wellSinceMs ?? nowMs;
      return nowMs - wellSinceMs >= RECOVERY_MS ? { status: "healthy", sinceMs: nowMs } : { ...health, wellSinceMs };
    }
  }
}
