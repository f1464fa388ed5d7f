import { spawn } from "node:child_process";
import { ToolchainError } from "./errors";

/** How much of the end of a child's output is kept for the error text. */
const outputTailCharacters = 4_000;
/** How long a child that was told to end may take before it is killed. */
const endGraceMs = 5_000;

/** What a child gets. */
export interface RunOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  /** Called with the text of stderr as it comes. */
  readonly onStderr?: (text: string) => void;
}

/**
 * Runs a program to its end and gives its standard output.
 *
 * Throws `build-failed` with the end of its output, `disk-full` if that output says so, `aborted`
 * when the signal fires (the child's whole process group is ended: `go build` has compilers below it).
 */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<string> {
  const { signal } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(aborted(command));
    const child = spawn(command, args, { cwd: options.cwd, env: options.env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    let killTimer: NodeJS.Timeout | undefined;
    const onAbort = () => {
      endGroup(child.pid, "SIGTERM");
      killTimer = setTimeout(() => endGroup(child.pid, "SIGKILL"), endGraceMs);
    };
    // A detached group does not die with us on Ctrl+C of the terminal; it must be ended by hand.
    const onExit = () => endGroup(child.pid, "SIGKILL");
    signal?.addEventListener("abort", onAbort, { once: true });
    process.once("exit", onExit);
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr = (stderr + text).slice(-outputTailCharacters);
      options.onStderr?.(text);
    });
    const settle = (finish: () => void) => {
      if (killTimer !== undefined) clearTimeout(killTimer);
      signal?.removeEventListener("abort", onAbort);
      process.removeListener("exit", onExit);
      finish();
    };
    child.once("error", (cause) =>
      settle(() => reject(new ToolchainError("build-failed", `${command} could not be started: ${cause.message}`, { cause }))),
    );
    child.once("close", (code, ended) =>
      settle(() => {
        if (signal?.aborted) return reject(aborted(command));
        if (code === 0) return resolve(stdout);
        const how = ended === null ? `ended with code ${code}` : `was ended by ${ended}`;
        const full = /no space left on device|ENOSPC/i.test(stderr);
        const text = `${command} ${args.slice(0, 3).join(" ")} ${how}:\n${stderr.trim() || stdout.slice(-outputTailCharacters).trim()}`;
        reject(new ToolchainError(full ? "disk-full" : "build-failed", text));
      }),
    );
  });
}

function aborted(command: string): ToolchainError {
  return new ToolchainError("aborted", `${command} was stopped before it was done`);
}

function endGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended by itself.
  }
}
