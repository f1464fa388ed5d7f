import { build } from "esbuild";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { environmentOf } from "../../../kit/environment";
import { freePorts } from "../../../kit/test/support/etcd-server";
import { contract } from "../../contract";
import { Api, MIGRATIONS } from "./rig";
import type { Engines } from "./rig";

const START_TIMEOUT_MS = 30_000;

/** The service as its image has it: one file, and its migrations beside it. */
export async function bundleService(directory: string): Promise<string> {
  const outfile = join(directory, "workflow.js");
  await build({ entryPoints: [join(__dirname, "../../src/main.ts")], outfile, bundle: true, platform: "node", target: "node24", logLevel: "error" });
  await cp(MIGRATIONS, join(directory, "migrations"), { recursive: true });
  return outfile;
}

export interface ServiceProcess {
  readonly api: Api;
  readonly adminPort: number;
  readonly output: () => string;
  /** Ends it at once, as a crash would. */
  readonly kill: () => Promise<void>;
  /** Asks it to end. @returns its exit code */
  readonly terminate: () => Promise<number | null>;
  /** Largest size in memory so far. */
  readonly residentBytes: () => Promise<number>;
}

/** Starts the service with the environment that its workload declares, and waits until it is ready. @param handlersPort where Restate finds every one of its lives */
export async function startProcess(bundle: string, { settings, restate, peers }: Engines, handlersPort: number): Promise<ServiceProcess> {
  const [port = 0, adminPort = 0] = await freePorts(2);
  const declared = environmentOf(contract, {
    region: "test", logLevel: "info",
    access: { postgres: settings, restate: { ingressUrl: restate.ingressUrl, adminUrl: restate.adminUrl } },
    services: { agent: peers.agentUrl, "message-bus": peers.busUrl },
    settings: { HANDLERS_URL: `http://127.0.0.1:${handlersPort}` },
  });
  const env = { ...declared, PORT: String(port), ADMIN_PORT: String(adminPort), HANDLERS_PORT: String(handlersPort) };
  const child = spawn(process.execPath, [bundle], { env, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
  // A test run that ends without its hooks must not leave a process behind.
  const onExit = (): void => void child.kill("SIGKILL");
  process.once("exit", onExit);
  const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  void ended.then(() => process.off("exit", onExit));
  const end = (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    return ended;
  };
  await ready(child, adminPort, () => text);
  return {
    api: new Api(port), adminPort,
    output: () => text,
    kill: async () => void (await end("SIGKILL")),
    terminate: () => end("SIGTERM"),
    residentBytes: async () => {
      const metrics = await (await fetch(`http://127.0.0.1:${adminPort}${contract.health.metrics}`)).text();
      return Number(/^process_resident_memory_bytes\S* ([\d.e+]+)/m.exec(metrics)?.[1] ?? "0");
    },
  };
}

async function ready(child: ChildProcess, adminPort: number, output: () => string): Promise<void> {
  const until = Date.now() + START_TIMEOUT_MS;
  while (!(await fetch(`http://127.0.0.1:${adminPort}${contract.health.readiness}`).then(({ ok }) => ok, () => false))) {
    if (child.exitCode !== null || Date.now() > until) {
      child.kill("SIGKILL");
      throw new Error(`the service did not become ready within ${START_TIMEOUT_MS} ms:\n${output()}`);
    }
    await sleep(25);
  }
}
