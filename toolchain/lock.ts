import { readFileSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { systemErrorCode, ToolchainError } from "./errors";

/** How often a waiting process looks again. */
const pollMs = 200;
/** A lock without readable content is being written; older than this its writer has died in between. */
const unreadableMs = 5_000;

/** A process, told apart from a later one with the same id. */
export interface Owner {
  readonly pid: number;
  /** Start time in clock ticks since boot; undefined where there is no /proc. */
  readonly started: string | undefined;
}

/** This process. */
export function thisProcess(): Owner {
  return { pid: process.pid, started: startTime(process.pid) };
}

/** Whether the process still runs, and is the same one. */
export function isAlive(owner: Owner): boolean {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (systemErrorCode(error) !== "EPERM") return false;
  }
  return owner.started === undefined || startTime(owner.pid) === owner.started;
}

function startTime(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, in brackets, may hold spaces; the start time is the 20th field after it.
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

/**
 * Runs `work` while holding the lock file `path`. Waits for a living holder, and takes over from a
 * dead one. Two waiters may in theory take over at once; then both build, and publishing is one
 * rename each: work is wasted, nothing is broken.
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: { readonly signal?: AbortSignal; readonly onWait?: (holder: Owner) => void } = {},
): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const text = JSON.stringify(thisProcess());
  let unreadableSince: number | undefined;
  for (;;) {
    if (options.signal?.aborted) throw new ToolchainError("aborted", `stopped while waiting for ${path}`);
    try {
      await writeFile(path, text, { flag: "wx" });
      break;
    } catch (error) {
      if (systemErrorCode(error) !== "EEXIST") throw error;
    }
    const holder = await readOwner(path);
    if (holder !== undefined && isAlive(holder)) {
      unreadableSince = undefined;
      options.onWait?.(holder);
    } else if (holder !== undefined || Date.now() - (unreadableSince ??= Date.now()) > unreadableMs) {
      await rm(path, { force: true });
      continue;
    }
    await sleep(pollMs);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    const value = JSON.parse(await readFile(path, "utf8")) as Partial<Owner>;
    return typeof value.pid === "number" ? { pid: value.pid, started: value.started } : undefined;
  } catch {
    return undefined;
  }
}
