import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { resolve } from "node:path";

/** The checkout that is tested. */
export const repository = resolve(__dirname, "../..");

/** What a command printed, and how it ended. */
export interface CommandResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options of {@link startCli}. */
export interface CliOptions {
  /** The checkout to run. @default this one */
  readonly directory?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
}

/** The longest that one command may take before it counts as hung. */
const commandTimeoutMs = 420_000;

/** Starts a command in a process group of its own, so that a test can kill all of it at once. */
export function startCli(args: readonly string[], options: CliOptions = {}): { readonly process: ChildProcess; readonly result: Promise<CommandResult> } {
  const directory = options.directory ?? repository;
  const child = spawn("node", ["-r", "ts-node/register/transpile-only", "cli/main.ts", ...args], {
    cwd: directory,
    detached: true,
    env: { ...process.env, ...options.env, PATH: `${directory}/node_modules/.bin:${process.env["PATH"] ?? ""}` },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const result = new Promise<CommandResult>((settle, reject) => {
    let stdout = "";
    let stderr = "";
    const timer = setTimeout(() => killGroup(child), options.timeoutMs ?? commandTimeoutMs);
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
      if (process.env["SHOW_OUTPUT"] !== undefined) process.stdout.write(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.once("error", reject);
    child.once("exit", (exitCode) => {
      clearTimeout(timer);
      // Pipes can outlive the command in the hands of a region's processes: what was printed by now is all.
      setImmediate(() => settle({ exitCode, stdout, stderr }));
    });
  });
  return { process: child, result };
}

/** Runs a command to its end. */
export function cli(args: readonly string[], options: CliOptions = {}): Promise<CommandResult> {
  return startCli(args, options).result;
}

/** Kills a command and all that it started in its group, as a power cut would. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Fails with everything the command said when it did not end as wanted. */
export function requireExit(result: CommandResult, exitCode = 0): CommandResult {
  if (result.exitCode !== exitCode) {
    throw new Error(`exit code ${String(result.exitCode)}, wanted ${exitCode}\n--- stdout\n${result.stdout}\n--- stderr\n${result.stderr}`);
  }
  return result;
}

/** Runs kubectl on a region and reads its JSON. */
export async function kubectlJson<T>(region: string, args: readonly string[], options: CliOptions = {}): Promise<T> {
  const { stdout } = requireExit(await cli(["kubectl", "--name", region, ...args, "-o", "json"], options));
  return JSON.parse(stdout) as T;
}

/** Asks again until `probe` gives something, or fails after `timeoutMs` with the last thing seen. */
export async function eventually<T>(what: string, timeoutMs: number, probe: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let last = "";
  while (Date.now() < deadline) {
    try {
      const value = await probe();
      if (value !== undefined) return value;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    await new Promise((wake) => setTimeout(wake, 500));
  }
  throw new Error(`${what}: not seen within ${timeoutMs / 1000} s${last === "" ? "" : `; last: ${last}`}`);
}
