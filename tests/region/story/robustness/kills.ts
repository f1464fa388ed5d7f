import { table } from "../../../../cli/summary";
import { eventually } from "../../../support/cli";
import type { RegionUnderTest } from "../../support/region-under-test";
import type { Damage, Load } from "./load";
import { killWorkload, untilReplaced } from "./workloads";

/** How long the load has to go without a failure until a victim counts as recovered. */
const WELL_FOR_MS = 2_000;
const WELL_WITHIN_MS = 120_000;

/** One victim: how long until its pods were ready again, and what the load had of it. */
export interface Kill {
  readonly victim: string;
  readonly replacedMs: number;
  readonly damage: Damage;
  readonly errors: readonly string[];
}

/** Waits until every stream of the load succeeds, for {@link WELL_FOR_MS}. */
export async function untilWell(load: Load, after: string): Promise<void> {
  await eventually(`a load without failures after ${after}`, WELL_WITHIN_MS, () => Promise.resolve(load.isWellSince(Date.now() - WELL_FOR_MS) ? true : undefined)).catch((error: unknown) => {
    throw new Error(`${String(error)}; ${load.errorsSince(Date.now() - 10_000).join("; ")}`);
  });
}

/** Kills a workload under load, and waits until it is back and nobody notices anything any more. */
export async function killUnderLoad(region: RegionUnderTest, load: Load, victim: string): Promise<Kill> {
  const killedAt = Date.now();
  const killed = await killWorkload(region, victim);
  await untilReplaced(region, victim, killed);
  const replacedMs = Date.now() - killedAt;
  await untilWell(load, `the kill of ${victim}`);
  return { victim, replacedMs, damage: load.during(killedAt), errors: load.errorsSince(killedAt) };
}

/** The one table of all victims. */
export function killTable(kills: readonly Kill[]): string[] {
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  return table([
    ["VICTIM", "PODS READY AFTER", "REQUESTS", "FAILED", "RATE", "FIRST TO LAST FAILURE", "STREAMS THAT NOTICED"],
    ...kills.map(({ victim, replacedMs, damage }) => [
      victim, seconds(replacedMs), String(damage.requests), String(damage.failed), `${((100 * damage.failed) / Math.max(1, damage.requests)).toFixed(1)} %`, seconds(damage.durationMs),
      [...damage.streams].sort(([, a], [, b]) => b - a).map(([name, count]) => `${name} ${count}`).join(", "),
    ]),
  ]);
}
