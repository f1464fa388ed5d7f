import { build } from "esbuild";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "../../../kit/test/support/etcd-server";
import type { EtcdServer } from "../../../kit/test/support/etcd-server";
import { environmentOf } from "../../../kit/environment";
import { contract } from "../../contract";

const START_TIMEOUT_MS = 15_000;

/** The service as its image has it: one file, and nothing beside it. */
export async function bundleService(directory: string): Promise<string> {
  const outfile = join(directory, "agent.js");
  await build({ entryPoints: [join(__dirname, "../../src/main.ts")], outfile, bundle: true, platform: "node", target: "node24", logLevel: "error" });
  return outfile;
}

export interface ServiceProcess {
  readonly port: number;
  readonly adminPort: number;
  /** All that it wrote so far. */
  readonly output: () => string;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Exit code; null after a signal that killed it. */
  readonly ended: Promise<number | null>;
}

/** Runs a bundle with an environment and nothing else of this process's. */
export function runBundle(bundle: string, env: Readonly<Record<string, string>>): { readonly child: ChildProcess; readonly output: () => string; readonly ended: Promise<number | null> } {
  const child = spawn(process.execPath, [bundle], { env, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  return { child, output: () => text, ended };
}

/** Starts the service on free ports, with the environment its workload declares, and waits until it answers. */
export async function startProcess(bundle: string, etcd: EtcdServer): Promise<ServiceProcess> {
  const [port = 0, adminPort = 0] = await freePorts(2);
  const env = {
    // No message bus listens there: events wait, and nothing else may notice.
    ...environmentOf(contract, {
      region: "test", logLevel: "info", access: { etcd: { endpoints: etcd.endpoints, ...etcd.tls } }, services: { "message-bus": "http://127.0.0.1:9" },
    }),
    PORT: String(port),
    ADMIN_PORT: String(adminPort),
  };
  const { child, output, ended } = runBundle(bundle, env);
  const until = Date.now() + START_TIMEOUT_MS;
  while (!(await fetch(`http://127.0.0.1:${adminPort}${contract.health.liveness}`).then(({ ok }) => ok, () => false))) {
    if (child.exitCode !== null || Date.now() > until) {
      child.kill("SIGKILL");
      throw new Error(`the service did not start within ${START_TIMEOUT_MS} ms:\n${output()}`);
    }
    await sleep(25);
  }
  return { port, adminPort, output, ended, signal: (signal) => void child.kill(signal) };
}
