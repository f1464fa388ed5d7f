import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { version } from "@pulumi/tls/package.json";
import { findOfficialTlsPlugin } from "./official-plugin";

export interface ServedProviders {
  /** Value for PULUMI_DEBUG_PROVIDERS, such as `tls:12345`; empty when the engine finds the official plugin itself. */
  readonly debugProviders: string;
  /** Ends the provider. May be called more than once. */
  close(): Promise<void>;
}

/** A cold start on a busy machine takes some 5 s. */
const startTimeoutMs = 60_000;
const closeTimeoutMs = 5_000;
const maxErrorBytes = 8_192;

/**
 * Starts the providers that this project serves itself, for engines that cannot get the official ones.
 * The process listens on 127.0.0.1 only and ends with its starter.
 *
 * Errors: a provider that ends before it listens, with what it said; one that does not listen in time; the signal's reason.
 */
export async function serveProviders(
  o: { readonly signal?: AbortSignal; readonly env?: NodeJS.ProcessEnv; readonly main?: string } = {},
): Promise<ServedProviders> {
  o.signal?.throwIfAborted();
  const env = o.env ?? process.env;
  if ((await findOfficialTlsPlugin(version, env)) !== undefined) return { debugProviders: "", close: () => Promise.resolve() };

  const child = spawn(process.execPath, ["-r", "ts-node/register/transpile-only", o.main ?? join(__dirname, "tls", "main.ts")], {
    cwd: join(__dirname, ".."),
    env,
    stdio: ["pipe", "pipe", "pipe"],
  });
  try {
    const port = await portOf(child, o.signal);
    const close = (): Promise<void> => end(child);
    o.signal?.addEventListener("abort", () => child.kill(), { once: true });
    return { debugProviders: `tls:${String(port)}`, close };
  } catch (cause) {
    await end(child);
    throw cause;
  }
}

async function portOf(child: ChildProcess, signal?: AbortSignal): Promise<number> {
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-maxErrorBytes);
  });
  const stop = new AbortController();
  const timer = setTimeout(() => {
    stop.abort(new Error(`the tls provider did not listen within startTimeoutMs (${String(startTimeoutMs)} ms): ${said}`));
  }, startTimeoutMs);
  const any = signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]);
  child.once("error", (cause) => stop.abort(new Error("the tls provider could not be started", { cause })));
  child.once("close", (code) => stop.abort(new Error(`the tls provider ended with code ${String(code)} before it listened: ${said}`)));
  try {
    if (child.stdout === null) throw new Error("the tls provider was started without a standard output");
    const lines = createInterface({ input: child.stdout });
    const [line] = (await once(lines, "line", { signal: any })) as [string];
    child.stdout.resume();
    if (!/^\d+$/.test(line)) throw new Error(`the tls provider printed ${JSON.stringify(line)} instead of its port`);
    return Number(line);
  } catch (cause) {
    throw any.aborted ? any.reason : cause;
  } finally {
    clearTimeout(timer);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const closed = once(child, "close");
  const timer = setTimeout(() => child.kill("SIGKILL"), closeTimeoutMs);
  try {
    child.kill("SIGTERM");
    await closed;
  } finally {
    clearTimeout(timer);
  }
}
