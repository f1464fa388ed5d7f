import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { readIfThere } from "./files";

/** A process, told apart from a later one that got the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to the process's start (Linux), or its start date as `ps` shows it. */
  readonly startTime: string;
  /** Identifies this boot of the machine; empty where the system has no such thing. */
  readonly bootId: string;
}

/** Fields 3 and on of `/proc/<pid>/stat`; the command in field 2 may itself hold blanks and parentheses. */
export function parseStat(stat: string): { readonly state: string; readonly parent: number; readonly startTime: string } {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).trim().split(" ");
  return { state: fields[0] ?? "", parent: Number(fields[1]), startTime: fields[19] ?? "" };
}

function bootId(): string {
  return readIfThere("/proc/sys/kernel/random/boot_id")?.trim() ?? "";
}

/** The process that has this number now; nothing when there is none, or only its remains wait to be collected. */
export function identify(pid: number): ProcessIdentity | undefined {
  const startTime = process.platform === "linux" ? linuxStartTime(pid) : portableStartTime(pid);
  return startTime === undefined ? undefined : { pid, startTime, bootId: bootId() };
}

function linuxStartTime(pid: number): string | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const { state, startTime } = parseStat(stat);
  return state === "Z" || state === "X" ? undefined : startTime;
}

function portableStartTime(pid: number): string | undefined {
  try {
    const date = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    return date === "" ? undefined : date;
  } catch {
    return undefined;
  }
}

/** Whether the very process that was recorded still runs. */
export function isAlive(recorded: ProcessIdentity): boolean {
  const now = identify(recorded.pid);
  return now !== undefined && now.startTime === recorded.startTime && now.bootId === recorded.bootId;
}

/** Sends a signal to a recorded process, unless it is gone. */
export function signalProcess(recorded: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isAlive(recorded)) return;
  try {
    process.kill(recorded.pid, signal);
  } catch {
    // It ended between the look and the signal, which is what was wanted.
  }
}

/** The first child of a process (Linux). */
export function childOf(parent: number): ProcessIdentity | undefined {
  for (const pid of pids()) {
    const stat = readIfThere(`/proc/${pid}/stat`);
    if (stat !== undefined && parseStat(stat).parent === parent) return identify(pid);
  }
  return undefined;
}

/** Numbers of all processes that `/proc` shows. */
export function pids(): number[] {
  return readdirSync("/proc").filter((entry) => /^\d+$/.test(entry)).map(Number);
}
