import type { Static } from "typebox";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../../kit/src";
import { HEALTH_EVERY_MS } from "../limits";
import type { RegionHealth } from "../schemas";
import { byJob } from "./prometheus";
import type { Prometheus } from "./prometheus";
import { nextHealth, reasonsAgainst } from "./region-health";
import type { Health, Observation } from "./region-health";

export interface HealthWatchArgs {
  readonly prometheus: Prometheus;
  readonly criticalJobs: readonly string[];
  readonly logger: Logger;
}

/** Looks at the region again and again, and knows how it is. Each replica looks for itself. */
export class HealthWatch {
  readonly #args: HealthWatchArgs;
  #health: Health = { status: "unknown", sinceMs: Date.now() };
  #blind = false;

  constructor(args: HealthWatchArgs) {
    this.#args = args;
  }

  get report(): Static<typeof RegionHealth> {
    const { status, sinceMs } = this.#health;
    const own = this.#health.status === "unhealthy" ? this.#health.reasons : [];
    const recovering = this.#health.status === "unhealthy" && this.#health.wellSinceMs !== undefined ? ["none of this holds any more; it has to stay so for a minute"] : [];
    return { status, since: new Date(sinceMs).toISOString(), reasons: [...own, ...recovering, ...(this.#blind ? ["metrics cannot be read, so nothing new is known"] : [])] };
  }

  /** Ends with the signal; never rejects. */
  async run(signal: AbortSignal, everyMs: number = HEALTH_EVERY_MS): Promise<void> {
    while (!signal.aborted) {
      await this.look(signal);
      await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async look(signal: AbortSignal): Promise<void> {
    const { prometheus, criticalJobs, logger } = this.#args;
    const seen: Observation = await prometheus.query("sum by (job) (up)", signal).then(byJob, () => undefined);
    if (signal.aborted) return;
    this.#blind = seen === undefined;
    const before = this.#health.status;
    this.#health = nextHealth(this.#health, reasonsAgainst(criticalJobs, seen), Date.now());
    if (this.#health.status !== before) logger.warn({ ...this.report, before }, "the region's health has changed");
  }
}
