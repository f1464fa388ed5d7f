import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RegionError, systemCode } from "./errors";
import { waitFor } from "./wait";

const pollMs = 100;
/** Longest wait for another command on the same region: a cold start of a real node fits in. */
const lockTimeoutMs = 10 * 60_000;

export interface LockOptions {
  readonly signal?: AbortSignal;
  /** Called once when somebody else holds the lock. */
  readonly onWait?: () => void;
  /** @default 10 minutes */
  readonly timeoutMs?: number;
}

/**
 * Runs `work` while nobody else on this machine holds the lock of that name.
 *
 * The lock is a listening socket: the system releases it with the process that holds it, also after kill -9,
 * so no lock is ever stale. On Linux it has no file (abstract socket).
 */
export async function withLock<T>(name: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  const address = lockAddress(name);
  let told = false;
  const release = await waitFor(async () => {
    const held = await tryListen(address);
    if (held === undefined && !told) {
      told = true;
      options.onWait?.();
    }
    return held;
  }, { timeoutMs: options.timeoutMs ?? lockTimeoutMs, everyMs: pollMs, signal: options.signal });
  if (release === undefined) {
    throw new RegionError("busy", `another command has been working on '${name}' for too long: wait for it or end it, then try again`);
  }
  try {
    return await work();
  } finally {
    await release();
  }
}

function lockAddress(name: string): string {
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 24);
  return process.platform === "linux" ? `\0agentic-flow-${digest}` : join(tmpdir(), `agentic-flow-${digest}.lock`);
}

/** Takes the lock and gives the function that releases it; nothing when somebody else has it. */
async function tryListen(address: string): Promise<(() => Promise<void>) | undefined> {
  const server = createServer((socket) => socket.destroy());
  const listening = await new Promise<boolean>((resolve, reject) => {
    server.once("error", (error) => (systemCode(error) === "EADDRINUSE" ? resolve(false) : reject(error)));
    server.listen(address, () => resolve(true));
  });
  if (listening) return () => new Promise((resolve) => server.close(() => resolve()));
  if (!address.startsWith("\0") && !(await answers(address))) rmSync(address, { force: true });
  return undefined;
}

/** Whether somebody listens at a socket's file; the file alone stays behind when its owner is killed. */
function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("close", () => socket.destroy());
  });
}
