import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findBuilt, notBuilt } from "../../../../toolchain/find-built";
import { freePorts } from "../../../kit/test/support/etcd-server";

const START_TIMEOUT_MS = 30_000;

/** A Restate that is there already; never builds one. */
export const findRestate = (): string | undefined => findBuilt("restate-server");

export const NO_RESTATE = notBuilt("restate-server");

export interface RestateServer {
  readonly ingressUrl: string;
  readonly adminUrl: string;
  /** Ends it at once, as a crash would. */
  readonly kill: () => Promise<void>;
  /** Starts it again, on its old data and ports. */
  readonly restart: () => Promise<void>;
  /** Ends it and forgets all that it knew. */
  readonly rebuild: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** A real Restate on loopback. */
export async function startRestate(binary: string): Promise<RestateServer> {
  const directory = await mkdtemp(join(tmpdir(), "agentic-flow-restate-"));
  const data = join(directory, "data");
  const [node = 0, ingress = 0, admin = 0] = await freePorts(3);
  const [ingressUrl, adminUrl] = [`http://127.0.0.1:${ingress}`, `http://127.0.0.1:${admin}`];
  let child: ChildProcess | undefined;
  const launch = async (): Promise<void> => {
    const args = ["--no-logo", "--listen-mode", "tcp", "--bind-ip", "127.0.0.1", "--bind-port", String(node), "--node-name", "test", "--base-dir", data, "--default-num-partitions", "4"];
    const env = {
      ...process.env,
      RESTATE_INGRESS__BIND_PORT: String(ingress), RESTATE_ADMIN__BIND_PORT: String(admin), RESTATE_DISABLE_TELEMETRY: "true",
      RESTATE_ROCKSDB_TOTAL_MEMORY_SIZE: "128MB", RUST_LOG: "error",
    };
    const started = spawn(binary, args, { env, cwd: directory, stdio: ["ignore", "ignore", "ignore"] });
    child = started;
    // A test run that ends without its hooks must not leave a server behind.
    const onExit = (): void => void started.kill("SIGKILL");
    process.once("exit", onExit);
    started.once("exit", () => process.off("exit", onExit));
    await ready([`${adminUrl}/health`, `${ingressUrl}/restate/health`], started);
  };
  const end = async (): Promise<void> => {
    const ended = child;
    child = undefined;
    if (ended === undefined || ended.exitCode !== null || ended.signalCode !== null) return;
    const gone = new Promise((resolve) => ended.once("exit", resolve));
    ended.kill("SIGKILL");
    await gone;
  };
  const stop = async (): Promise<void> => {
    await end();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await launch();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ingressUrl, adminUrl, stop,
    kill: end,
    restart: launch,
    rebuild: async () => {
      await end();
      await rm(data, { recursive: true, force: true });
      await launch();
    },
  };
}

async function ready(urls: readonly string[], child: ChildProcess): Promise<void> {
  const until = Date.now() + START_TIMEOUT_MS;
  for (const url of urls) {
    while (!(await fetch(url).then(({ ok }) => ok, () => false))) {
      if (child.exitCode !== null) throw new Error(`Restate ended with ${child.exitCode} at its start`);
      if (Date.now() > until) throw new Error(`Restate did not start within ${START_TIMEOUT_MS} ms: ${url} does not answer`);
      await sleep(50);
    }
  }
}
