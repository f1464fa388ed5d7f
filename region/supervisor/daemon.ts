import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../errors";
import type { DaemonSpec } from "../processes/daemon-spec";
import { waitFor } from "../wait";
import { answers } from "./probe";
import { RotatingLog } from "./rotating-log";
import type { FailingDaemon } from "./status";

/** First pause before a process that ended is started again; it doubles with each end. */
const firstBackoffMs = 250;
const lastBackoffMs = 10_000;
/** A process that ran this long starts again with the first pause. */
const steadyMs = 30_000;
/** How long a process may take to end by itself. */
const stopGraceMs = 5_000;
const probeIntervalMs = 100;
const shownLines = 12;

export interface DaemonSurroundings {
  readonly environment: NodeJS.ProcessEnv;
  readonly workingDirectory: string;
  readonly logFile: string;
  readonly report: (line: string) => void;
}

/** Pause before the start that follows the n-th end in a row (n from 1). */
export function backoffMs(ends: number): number {
  return Math.min(lastBackoffMs, firstBackoffMs * 2 ** (ends - 1));
}

/** A process that is kept running until it is stopped. */
export class Daemon {
  readonly #log: RotatingLog;
  readonly #stop = new AbortController();
  #child: ChildProcess | undefined;
  #loop: Promise<void> | undefined;
  #ends = 0;
  #endsInARow = 0;
  #lastEnd = "";

  constructor(readonly spec: DaemonSpec, readonly surroundings: DaemonSurroundings) {
    this.#log = new RotatingLog(surroundings.logFile);
  }

  start(): void {
    this.#loop ??= this.#keepRunning();
  }

  /** Whether it does its work now. */
  answers(): Promise<boolean> {
    return answers(this.spec.probe, this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null);
  }

  /** Resolves when it answers; rejects when `signal` fires. */
  async ready(signal: AbortSignal): Promise<void> {
    await waitFor(() => this.answers(), { timeoutMs: Number.POSITIVE_INFINITY, everyMs: probeIntervalMs, signal });
  }

  /** What is wrong with it, when it has ended at least `threshold` times. */
  failure(threshold: number): FailingDaemon | undefined {
    if (this.#ends < threshold) return undefined;
    return { name: this.spec.name, ends: this.#ends, lastEnd: this.#lastEnd, lastLines: this.#log.lastLines(shownLines) };
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      const timer = setTimeout(() => {
        this.surroundings.report(`${this.spec.name} did not end within ${stopGraceMs} ms: killed`);
        child.kill("SIGKILL");
      }, stopGraceMs);
      try {
        await ended;
      } finally {
        clearTimeout(timer);
      }
    }
    await this.#loop;
  }

  async #keepRunning(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const startedAt = performance.now();
      this.#lastEnd = await this.#runOnce();
      if (this.#stop.signal.aborted) return;
      this.#ends += 1;
      this.#endsInARow = performance.now() - startedAt >= steadyMs ? 1 : this.#endsInARow + 1;
      const pauseMs = backoffMs(this.#endsInARow);
      this.surroundings.report(`${this.spec.name} ended (${this.#lastEnd}); it starts again in ${pauseMs} ms`);
      await delay(pauseMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  /** Runs the process to its end; gives how it ended. */
  async #runOnce(): Promise<string> {
    const { environment, workingDirectory } = this.surroundings;
    const child = spawn(this.spec.command, this.spec.args, { cwd: workingDirectory, env: environment, stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => this.#log.write(text));
    try {
      // Not "close": containerd's shims outlive it with its output in their hands.
      const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
      return code === null ? `signal ${signal ?? "unknown"}` : `exit code ${code}`;
    } catch (error) {
      return messageOf(error); // It could not be started at all.
    }
  }
}
