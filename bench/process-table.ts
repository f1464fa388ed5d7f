import { readFileSync, readdirSync } from "node:fs";

/** One process at one moment. */
export interface ProcessSample {
  readonly pid: number;
  readonly parent: number;
  /** Time on a processor since its start, ms. */
  readonly cpuMs: number;
  /** Clock ticks from boot to its start: with the number, its identity. */
  readonly startTicks: number;
}

/** Linux counts time in these; the kernel's interface to programs has been fixed at 100 per second for decades. */
export const ticksPerSecond = 100;

/** Reads `/proc/<pid>/stat`; the command in its second field may hold blanks and parentheses. */
export function parseProcessStat(stat: string): ProcessSample {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const field = (index: number): number => Number(fields[index - 3]);
  return { pid: Number.parseInt(stat, 10), parent: field(4), cpuMs: ((field(14) + field(15)) * 1000) / ticksPerSecond, startTicks: field(22) };
}

/** Most memory that a process ever held, in bytes, from `/proc/<pid>/status`; undefined when it has ended. */
export function parsePeakBytes(status: string): number | undefined {
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

function readIfAlive(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined; // It ended meanwhile.
  }
}

/** Every process of the machine. */
export function readProcesses(): ProcessSample[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => readIfAlive(`/proc/${pid}/stat`))
    .filter((stat) => stat !== undefined)
    .map(parseProcessStat);
}

export function readCommandLine(pid: number): string {
  return readIfAlive(`/proc/${pid}/cmdline`)?.replaceAll("\0", " ").trim() ?? "";
}

export function readPeakBytes(pid: number): number | undefined {
  return parsePeakBytes(readIfAlive(`/proc/${pid}/status`) ?? "");
}

/** All processes below `root`, itself included. */
export function descendants(processes: readonly ProcessSample[], root: number): ProcessSample[] {
  const found = processes.filter(({ pid }) => pid === root);
  for (const { pid } of found) found.push(...processes.filter(({ parent }) => parent === pid));
  return found;
}
