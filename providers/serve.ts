import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { version as randomVersion } from "@pulumi/random/package.json";
import { version as tlsVersion } from "@pulumi/tls/package.json";
import { findOfficialPlugin } from "./official-plugin";

export interface ServedProviders {
  /** Value for PULUMI_DEBUG_PROVIDERS, such as `tls:12345,random:12346`; has none that the engine finds itself. */
  readonly debugProviders: string;
  /** Ends the providers. May be called more than once. */
  close(): Promise<void>;
}

export interface ServeOptions {
  readonly signal?: AbortSignal;
  readonly env?: NodeJS.ProcessEnv;
  /** The program of each provider. @default main.ts in the folder of its name */
  readonly main?: (provider: string) => string;
}

/** Providers that are served here, each in the folder of its name, by version of the SDK. */
const builtIn: Readonly<Record<string, string>> = { tls: tlsVersion, random: randomVersion };

/** A cold start on a busy machine takes some 5 s. */
const startTimeoutMs = 60_000;
const closeTimeoutMs = 5_000;
const maxErrorBytes = 8_192;

/**
 * Starts the providers that this project serves itself, for engines that cannot get the official ones.
 * Each process listens on 127.0.0.1 only and ends with its starter.
 *
 * Errors: a provider that ends before it listens, with what it said; one that does not listen in time; the signal's reason.
 */
export async function serveProviders(o: ServeOptions = {}): Promise<ServedProviders> {
  o.signal?.throwIfAborted();
  const env = o.env ?? process.env;
  const official = await Promise.all(Object.entries(builtIn).map(async ([name, version]) => ({ name, path: await findOfficialPlugin(name, version, env) })));
  const started = official
    .filter(({ path }) => path === undefined)
    .map(({ name }) => ({ name, child: start(o.main?.(name) ?? join(__dirname, name, "main.ts"), env) }));
  const close = async (): Promise<void> => {
    await Promise.all(started.map(({ child }) => end(child)));
  };
  try {
    const ports = await Promise.all(started.map(async ({ name, child }) => `${name}:${String(await portOf(name, child, o.signal))}`));
    o.signal?.addEventListener("abort", () => started.forEach(({ child }) => child.kill()), { once: true });
    return { debugProviders: ports.join(","), close };
  } catch (cause) {
    await close();
    throw cause;
  }
}

function start(main: string, env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, ["-r", "ts-node/register/transpile-only", main], {
    cwd: join(__dirname, ".."),
    env,
    stdio: ["pipe", "pipe", "pipe"],
  });
}

async function portOf(name: string, child: ChildProcess, signal?: AbortSignal): Promise<number> {
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-maxErrorBytes);
  });
  const stop = new AbortController();
  const timer = setTimeout(() => {
    stop.abort(new Error(`the ${name} provider did not listen within startTimeoutMs (${String(startTimeoutMs)} ms): ${said}`));
  }, startTimeoutMs);
  const any = signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]);
  child.once("error", (cause) => stop.abort(new Error(`the ${name} provider could not be started`, { cause })));
  child.once("close", (code) => stop.abort(new Error(`the ${name} provider ended with code ${String(code)} before it listened: ${said}`)));
  try {
    if (child.stdout === null) throw new Error(`the ${name} provider was started without a standard output`);
    const lines = createInterface({ input: child.stdout });
    const [line] = (await once(lines, "line", { signal: any })) as [string];
    child.stdout.resume();
    if (!/^\d+$/.test(line)) throw new Error(`the ${name} provider printed ${JSON.stringify(line)} instead of its port`);
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
