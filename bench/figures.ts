import { cpus, loadavg, totalmem } from "node:os";
import type { EngineRun } from "./engine-run";
import type { Growth, Round } from "./measure";
import { roles } from "./process-role";
import type { Role } from "./process-role";
import { median, slope } from "./statistics";

/** What the figures were measured on. */
export interface Machine {
  readonly date: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly node: string;
  /** Processes that wanted a core, on average of a minute: above the number of cores, others were at work as well. */
  readonly load: number;
}

export function thisMachine(): Machine {
  return { date: new Date().toISOString(), cores: cpus().length, memoryBytes: totalmem(), node: process.version, load: loadavg()[0] ?? 0 };
}

/** Everything that one call of the benchmark found. */
export interface Figures {
  readonly before: Machine;
  readonly after: Machine;
  readonly rounds: readonly Round[];
  readonly growth: readonly Growth[];
}

/** Time on a processor of all parts of a run, ms. */
export function cpuMs(run: EngineRun): number {
  return [...run.usage.values()].reduce((sum, usage) => sum + usage.cpuMs, 0);
}

/** Median over the rounds of what `part` takes of each. */
export function overRounds(rounds: readonly Round[], part: (round: Round) => number): number {
  return median(rounds.map(part));
}

/** CPU time and peak memory of each part: medians over runs of the same kind. */
export function usageByRole(runs: readonly EngineRun[]): ReadonlyMap<Role, { readonly cpuMs: number; readonly peakBytes: number }> {
  const of = (role: Role, field: "cpuMs" | "peakBytes"): number => median(runs.map((run) => run.usage.get(role)?.[field] ?? 0));
  return new Map(roles.filter((role) => runs.some((run) => run.usage.has(role))).map((role) => [role, { cpuMs: of(role, "cpuMs"), peakBytes: of(role, "peakBytes") }]));
}

/** Milliseconds that one more resource costs; undefined for a single size. */
export function perResource(growth: readonly Growth[], ms: (growth: Growth) => number): number | undefined {
  return slope(growth.map((entry) => ({ x: entry.up.resources, y: ms(entry) })));
}

/** As JSON, with maps as objects. */
export function figuresAsJson(figures: Figures): string {
  return JSON.stringify(figures, (_key, value: unknown) => (value instanceof Map ? Object.fromEntries(value as Map<string, unknown>) : value), 2);
}
