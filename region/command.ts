import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { RegionError, messageOf } from "./errors";
import { withTimeout } from "./wait";

/** How long a helper command such as `ip` may take. */
const commandTimeoutMs = 15_000;
/** How much of a command's output is kept. */
const outputLimitBytes = 64 * 1024;

export interface CommandOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** File that becomes the command's standard input. */
  readonly inputFile?: string;
}

/** Runs a command without a shell and gives its standard output; fails with what it printed. */
export async function run(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const signal = withTimeout(options.timeoutMs ?? commandTimeoutMs, options.signal);
  const child = spawn(command, args, { stdio: [options.inputFile === undefined ? "ignore" : "pipe", "pipe", "pipe"], signal, killSignal: "SIGKILL" });
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (stdout = (stdout + chunk).slice(-outputLimitBytes)));
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (stderr = (stderr + chunk).slice(-outputLimitBytes)));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const shown = [command, ...args].join(" ");
  try {
    const [code, input] = await Promise.all([ended, feed(child.stdin, options.inputFile)]);
    if (code === 0 && input === undefined) return stdout;
    const reason = stderr.trim() || stdout.trim() || (input === undefined ? `exit code ${code ?? "unknown"}` : messageOf(input));
    throw new RegionError("command-failed", `\`${shown}\` failed: ${reason}`);
  } catch (error) {
    if (error instanceof RegionError) throw error;
    options.signal?.throwIfAborted();
    throw new RegionError("command-failed", `\`${shown}\` failed: ${signal.aborted ? "it took too long" : messageOf(error)}`, { cause: error });
  }
}

/** Copies a file into a command; a command that ends early is not an error here, its exit code tells. */
async function feed(stdin: NodeJS.WritableStream | null, file: string | undefined): Promise<unknown> {
  if (stdin === null || file === undefined) return undefined;
  try {
    await pipeline(createReadStream(file), stdin);
    return undefined;
  } catch (error) {
    return error;
  }
}
