import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis as Client } from "ioredis";
import { findBuilt, notBuilt } from "../../../../toolchain/find-built";
import type { RedisSettings } from "../../src/redis";
import { freePorts } from "./etcd-server";
import { issue, newAuthority, writeAuthority } from "./pki";

const START_TIMEOUT_MS = 10_000;
const ADMIN_PASSWORD = "only-for-this-test";

/** A Redis that is there already; never builds one. */
export const findRedis = (): string | undefined => findBuilt("redis-server");

export const NO_REDIS = notBuilt("redis-server");

export interface RedisServer {
  readonly host: string;
  readonly port: number;
  readonly caFile: string;
  /** For files of the test; deleted with the server. */
  readonly directory: string;
  /** Makes a user that may do everything but administer the server. */
  readonly addService: (name: string) => Promise<RedisSettings>;
  /** One command as the server's administrator. */
  readonly admin: (...command: readonly string[]) => Promise<unknown>;
  /** Ends the server at once, as a crash would. */
  readonly kill: () => Promise<void>;
  /** Starts it again on its old port, with its users and without its data. */
  readonly restart: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** A real Redis on loopback that takes TLS connections of named users only. */
export async function startRedis(binary: string): Promise<RedisServer> {
  const directory = await mkdtemp(join(tmpdir(), "agentic-flow-redis-"));
  let child: ChildProcess | undefined;
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
    const authority = await newAuthority("test authority");
    const caFile = await writeAuthority(authority, directory);
    const server = await issue(authority, directory, "server");
    const [port = 0] = await freePorts(1);
    const settings = { host: "127.0.0.1", port, caFile };
    const users = ["user default off", `user admin on >${ADMIN_PASSWORD} ~* &* +@all`];
    const aclFile = join(directory, "users.acl");
    const admin = async (...command: readonly string[]): Promise<unknown> => {
      const client = new Client({ ...settings, username: "admin", password: ADMIN_PASSWORD, lazyConnect: true, retryStrategy: null, tls: { rejectUnauthorized: false } });
      client.on("error", () => undefined);
      try {
        await client.connect();
        const [name = "PING", ...args] = command;
        return await client.call(name, ...args);
      } finally {
        client.disconnect();
      }
    };
    const launch = async (): Promise<void> => {
      await writeFile(aclFile, `${users.join("\n")}\n`);
      const flags = {
        port: "0", "tls-port": String(port), bind: "127.0.0.1", dir: directory, aclfile: aclFile, save: "", appendonly: "no",
        "tls-cert-file": server.certFile, "tls-key-file": server.keyFile, "tls-ca-cert-file": caFile, "tls-auth-clients": "no",
      };
      const started = spawn(binary, Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]), { stdio: ["ignore", "ignore", "ignore"] });
      child = started;
      // A test run that ends without its hooks must not leave a server behind.
      const onExit = (): void => void started.kill("SIGKILL");
      process.once("exit", onExit);
      started.once("exit", () => process.off("exit", onExit));
      await ready(() => admin("PING"), started);
    };
    await launch();
    return {
      ...settings, directory, admin,
      addService: async (name) => {
        const user = name.replaceAll("-", "_");
        const passwordFile = join(directory, `${user}-password`);
        await writeFile(passwordFile, `password-of-${user}\n`);
        const rules = ["on", `>password-of-${user}`, "~*", "&*", "+@all", "-@admin", "-@dangerous", "+info"];
        users.push(`user ${user} ${rules.join(" ")}`);
        await admin("ACL", "SETUSER", user, ...rules);
        return { ...settings, user, passwordFile };
      },
      kill: end,
      restart: launch,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function ready(probe: () => Promise<unknown>, child: ChildProcess): Promise<void> {
  const until = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const fault = await probe().then(() => undefined, (error: unknown) => error);
    if (fault === undefined) return;
    if (child.exitCode !== null) throw new Error(`Redis ended with ${child.exitCode} at its start`, { cause: fault });
    if (Date.now() > until) throw new Error(`Redis did not start within ${START_TIMEOUT_MS} ms`, { cause: fault });
    await sleep(50);
  }
}
