import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { identify, isAlive, pids, signalProcess } from "./process-identity";
import type { ProcessIdentity } from "./process-identity";
import { waitFor } from "./wait";

/** Environment variable that every process of a region carries; its value is the region's directory. */
export const regionMark = "AGENTIC_FLOW_REGION";

const killTimeoutMs = 10_000;
const pollMs = 20;

/**
 * All processes that belong to the region in `directory`, found by their mark, so that none is missed when
 * whoever started them is gone. Where the system hides environments (not Linux), by the directory in their arguments.
 */
export function markedProcesses(directory: string): ProcessIdentity[] {
  const found = process.platform === "linux" ? pids().filter((pid) => carriesMark(pid, directory)) : pidsByArgument(directory);
  return found.filter((pid) => pid !== process.pid).map(identify).filter((identity) => identity !== undefined);
}

function carriesMark(pid: number, directory: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(`${regionMark}=${directory}`);
  } catch {
    return false; // Ended meanwhile, or another user's, which cannot be one of ours.
  }
}

function pidsByArgument(directory: string): number[] {
  const lines = execFileSync("ps", ["-axo", "pid=,command="], { encoding: "utf8" }).split("\n");
  return lines.filter((line) => line.includes(`${directory}/`)).map((line) => Number.parseInt(line, 10)).filter(Number.isInteger);
}

/** Kills what is left of a region; gives how many processes there were and how many would not go. */
export async function killMarkedProcesses(directory: string): Promise<{ readonly killed: number; readonly left: readonly ProcessIdentity[] }> {
  const seen = new Map<string, ProcessIdentity>();
  // Again until none is found: a process may start another one while the first round is on. Those seen count until the
  // system has let go of them, which is later than it forgets their environment: only then are their ports free.
  const gone = await waitFor(() => {
    for (const identity of markedProcesses(directory)) {
      seen.set(`${identity.pid}/${identity.startTime}`, identity);
      signalProcess(identity, "SIGKILL");
    }
    return ![...seen.values()].some(isAlive);
  }, { timeoutMs: killTimeoutMs, everyMs: pollMs });
  return { killed: seen.size, left: gone === true ? [] : [...seen.values()].filter(isAlive) };
}
