import { roleOf } from "./process-role";
import type { Role } from "./process-role";
import { descendants, readCommandLine, readPeakBytes, readProcesses } from "./process-table";
import type { ProcessSample } from "./process-table";

/** What one part of an engine run took. */
export interface Usage {
  readonly cpuMs: number;
  /** Sum of the peaks of its processes, which need not have been at the same moment. */
  readonly peakBytes: number;
}

interface Watched {
  role: Role;
  cpuMs: number;
  readonly cpuBeforeMs: number;
  peakBytes: number;
}

/**
 * Samples the processes of an engine run: all below `root`, and the providers that are served beside it. What a process
 * does after its last sample is not seen.
 */
export class UsageSampler {
  readonly #root: number;
  readonly #watched = new Map<string, Watched>();
  /** Clock ticks from boot to the start of the program; undefined before it starts. */
  programStartTicks: number | undefined;

  constructor(root: number) {
    this.#root = root;
    // What served providers did for runs before this one is not of this run.
    for (const sample of servedProviders(readProcesses())) this.#watch(sample, sample.cpuMs);
  }

  sample(): void {
    const processes = readProcesses();
    for (const sample of descendants(processes, this.#root)) this.#watch(sample, 0);
    for (const sample of servedProviders(processes)) this.#watch(sample, 0);
  }

  #watch(sample: ProcessSample, cpuBeforeMs: number): void {
    const key = `${sample.pid}/${sample.startTicks}`;
    const watched = this.#watched.get(key) ?? { role: "other", cpuMs: 0, cpuBeforeMs, peakBytes: 0 };
    this.#watched.set(key, watched);
    watched.cpuMs = sample.cpuMs;
    watched.peakBytes = Math.max(watched.peakBytes, readPeakBytes(sample.pid) ?? 0);
    if (watched.role === "other") watched.role = roleOf(readCommandLine(sample.pid));
    if (watched.role === "program") this.programStartTicks ??= sample.startTicks;
  }

  /** Parts that had a process, and what they took. */
  byRole(): ReadonlyMap<Role, Usage> {
    const sums = new Map<Role, Usage>();
    for (const { role, cpuMs, cpuBeforeMs, peakBytes } of this.#watched.values()) {
      const sum = sums.get(role) ?? { cpuMs: 0, peakBytes: 0 };
      sums.set(role, { cpuMs: sum.cpuMs + cpuMs - cpuBeforeMs, peakBytes: sum.peakBytes + peakBytes });
    }
    return sums;
  }
}

function servedProviders(processes: readonly ProcessSample[]): ProcessSample[] {
  return processes.filter(({ pid, parent }) => parent === process.pid && roleOf(readCommandLine(pid)) === "served providers");
}
