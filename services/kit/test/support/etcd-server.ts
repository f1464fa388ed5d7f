import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findBuilt, notBuilt } from "../../../../toolchain/find-built";
import { EtcdClient } from "../../src/etcd";
import type { TlsFiles } from "../../src/etcd";
import { issue, newAuthority, writeAuthority } from "./pki";

const START_TIMEOUT_MS = 15_000;
const MEMBER_NAME = "member";

/** An etcd that is there already; never builds one. */
export const findEtcd = (): string | undefined => findBuilt("etcd");

export const NO_ETCD = notBuilt("etcd");

export interface EtcdServer {
  /** `https://127.0.0.1:port` of each member. */
  readonly endpoints: readonly string[];
  readonly tls: TlsFiles;
  /** For files of the test; deleted with the server. */
  readonly directory: string;
  /** Ends one member at once, as a crash would. */
  readonly kill: (member: number) => Promise<void>;
  /** Starts a member again, on its old data and address. */
  readonly restart: (member: number) => Promise<void>;
  /** Stops a member's execution while its connections stay, as a hung machine would; and lets it go on. */
  readonly freeze: (member: number) => void;
  readonly thaw: (member: number) => void;
  readonly stop: () => Promise<void>;
}

/** A real etcd cluster on loopback with mutual TLS. */
export async function startEtcd(binary: string, size = 1): Promise<EtcdServer> {
  const directory = await mkdtemp(join(tmpdir(), "agentic-flow-etcd-"));
  const authority = await newAuthority("test authority");
  const caFile = await writeAuthority(authority, directory);
  const server = await issue(authority, directory, "server");
  const client = await issue(authority, directory, "client");
  const tls: TlsFiles = { caFile, ...client };
  const ports = await freePorts(2 * size);
  const members = Array.from({ length: size }, (_, index) => ({
    name: `${MEMBER_NAME}${index}`,
    clientUrl: `https://127.0.0.1:${ports[index]}`,
    peerUrl: `https://127.0.0.1:${ports[size + index]}`,
  }));
  const processes: (ChildProcess | undefined)[] = [];
  const launch = (index: number): void => {
    const member = members[index];
    if (member === undefined) throw new Error(`there is no member ${index}`);
    const { name, clientUrl, peerUrl } = member;
    const flags = {
      name, "data-dir": join(directory, name), "listen-client-urls": clientUrl, "advertise-client-urls": clientUrl,
      "listen-peer-urls": peerUrl, "initial-advertise-peer-urls": peerUrl,
      "initial-cluster": members.map((each) => `${each.name}=${each.peerUrl}`).join(","),
      "cert-file": server.certFile, "key-file": server.keyFile, "trusted-ca-file": caFile, "client-cert-auth": "true",
      "peer-cert-file": server.certFile, "peer-key-file": server.keyFile, "peer-trusted-ca-file": caFile, "peer-client-cert-auth": "true",
      "heartbeat-interval": "50", "election-timeout": "500", "log-level": "error",
    };
    const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
    const child = spawn(binary, args, { stdio: ["ignore", "ignore", "ignore"] });
    processes[index] = child;
    // A test run that ends without its hooks must not leave a server behind.
    const onExit = (): void => void child.kill("SIGKILL");
    process.once("exit", onExit);
    child.once("exit", () => process.off("exit", onExit));
  };
  const end = async (index: number): Promise<void> => {
    const child = processes[index];
    processes[index] = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  };
  const stop = async (): Promise<void> => {
    await Promise.all(members.map((_, index) => end(index)));
    await rm(directory, { recursive: true, force: true });
  };
  try {
    members.forEach((_, index) => launch(index));
    await ready(members.map(({ clientUrl }) => clientUrl), tls);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    endpoints: members.map(({ clientUrl }) => clientUrl),
    tls,
    directory,
    kill: end,
    restart: async (index) => {
      launch(index);
      await ready([members[index]?.clientUrl ?? ""], tls);
    },
    freeze: (index) => void processes[index]?.kill("SIGSTOP"),
    thaw: (index) => void processes[index]?.kill("SIGCONT"),
    stop,
  };
}

/** Waits until each member by itself serves a read that needs a quorum. */
async function ready(endpoints: readonly string[], tls: TlsFiles): Promise<void> {
  const until = Date.now() + START_TIMEOUT_MS;
  for (const endpoint of endpoints) {
    const client = new EtcdClient({ endpoints: [endpoint], tls, callTimeoutMs: 1_000 });
    try {
      for (;;) {
        const fault = await client.ping().then(() => undefined, (error: unknown) => error);
        if (fault === undefined) break;
        if (Date.now() > until) throw new Error(`etcd at ${endpoint} did not start within ${START_TIMEOUT_MS} ms`, { cause: fault });
        await sleep(50);
      }
    } finally {
      client.close();
    }
  }
}

/** Ports that were free a moment ago, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
