import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { chownSync, existsSync, realpathSync } from "node:fs";
import { appendFile, chmod, cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { findBuilt, notBuilt } from "../../../../toolchain/find-built";
import type { PostgresSettings } from "../../src/postgres";
import { freePorts } from "./etcd-server";
import { issue, newAuthority, writeAuthority } from "./pki";

const START_TIMEOUT_MS = 20_000;
/** PostgreSQL refuses to run as root, and as somebody without a name: this is `nobody`. */
const USER_ID = 65_534;
const ADMIN = "postgres";
const ADMIN_PASSWORD = "only-for-this-test";
export const DATABASE = "agentic_flow";

/** Folder with a PostgreSQL that is there already; never builds one. */
export function findPostgres(): string | undefined {
  const found = findBuilt("postgres");
  // On PATH it can be a link into a folder that has the other programs as well.
  const folder = found === undefined ? undefined : dirname(realpathSync(found));
  return folder !== undefined && existsSync(join(folder, "initdb")) ? folder : undefined;
}

export const NO_POSTGRES = notBuilt("postgres");

export interface PostgresServer {
  readonly host: string;
  readonly port: number;
  readonly caFile: string;
  /** For files of the test; deleted with the server. */
  readonly directory: string;
  /** Makes a role and a schema of the same name, as the platform does for a service. */
  readonly addService: (name: string) => Promise<PostgresSettings>;
  /** Runs statements as the server's administrator, such as `create extension vector`. */
  readonly admin: (sql: string) => Promise<void>;
  /** Ends the server at once, as a crash would. */
  readonly kill: () => Promise<void>;
  /** Starts it again, on its old data and port. */
  readonly restart: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** A real PostgreSQL on loopback that takes TLS connections with passwords only. */
export async function startPostgres(binaries: string): Promise<PostgresServer> {
  const directory = await mkdtemp(join(tmpdir(), "agentic-flow-postgres-"));
  const own = (...paths: string[]): void => {
    if (process.getuid?.() === 0) for (const path of paths) chownSync(path, USER_ID, USER_ID);
  };
  const identity = process.getuid?.() === 0 ? { uid: USER_ID, gid: USER_ID } : {};
  let child: ChildProcess | undefined;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const ended = child;
    child = undefined;
    if (ended === undefined || ended.exitCode !== null || ended.signalCode !== null) return;
    const gone = new Promise((resolve) => ended.once("exit", resolve));
    ended.kill(signal);
    await gone;
  };
  try {
    await chmod(directory, 0o755);
    const folder = await reachable(binaries, directory);
    const authority = await newAuthority("test authority");
    const caFile = await writeAuthority(authority, directory);
    const server = await issue(authority, directory, "server");
    own(server.keyFile, directory);
    const data = join(directory, "data");
    const passwordFile = join(directory, "admin-password");
    await writeFile(passwordFile, ADMIN_PASSWORD);
    own(passwordFile);
    const made = spawnSync(
      join(folder, "initdb"),
      ["-D", data, "-U", ADMIN, `--pwfile=${passwordFile}`, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync"],
      { ...identity, cwd: directory, encoding: "utf8", env: { PATH: process.env["PATH"] ?? "" } },
    );
    if (made.status !== 0) throw new Error(`initdb failed (${made.status}): ${made.stderr}${made.error?.message ?? ""}`);
    const [port] = await freePorts(1);
    if (port === undefined) throw new Error("no free port");
    await appendFile(join(data, "postgresql.conf"), [
      "", "listen_addresses = '127.0.0.1,127.0.0.2'", `port = ${port}`, "unix_socket_directories = ''", "ssl = on",
      `ssl_cert_file = '${server.certFile}'`, `ssl_key_file = '${server.keyFile}'`, "fsync = off", "shared_buffers = 16MB", "max_connections = 40", "",
    ].join("\n"));
    await writeFile(join(data, "pg_hba.conf"), "hostssl all all 127.0.0.0/8 scram-sha-256\n");
    const settings = { host: "127.0.0.1", port, caFile };
    const admin = (sql: string, database: string = DATABASE): Promise<void> => asAdmin(settings, database, sql);
    const launch = async (): Promise<void> => {
      const started = spawn(join(folder, "postgres"), ["-D", data], { ...identity, cwd: directory, stdio: ["ignore", "ignore", "ignore"] });
      child = started;
      // A test run that ends without its hooks must not leave a server behind.
      const onExit = (): void => void started.kill("SIGQUIT");
      process.once("exit", onExit);
      started.once("exit", () => process.off("exit", onExit));
      await ready(() => admin("select 1", ADMIN), started);
    };
    await launch();
    await admin(`create database ${DATABASE}`, ADMIN);
    await admin("revoke all on schema public from public; grant usage on schema public to public");
    return {
      ...settings, directory,
      addService: async (name) => {
        const user = name.replaceAll("-", "_");
        const folderOfService = join(directory, user);
        await mkdir(folderOfService);
        const file = join(folderOfService, "password");
        await writeFile(file, `password-of-${user}\n`);
        await admin(`create role "${user}" login password 'password-of-${user}'; create schema "${user}" authorization "${user}"`);
        return { ...settings, database: DATABASE, user, passwordFile: file };
      },
      admin: (sql) => admin(sql),
      kill: () => end("SIGQUIT"),
      restart: launch,
      stop: async () => {
        await end("SIGQUIT");
        await rm(directory, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await end("SIGQUIT");
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

/** The binaries where the server's user can read them: the cache is in root's home, which only root may enter. */
async function reachable(binaries: string, directory: string): Promise<string> {
  if (process.getuid?.() !== 0 || binaries.startsWith("/usr/")) return binaries;
  const copy = join(directory, "install");
  await cp(dirname(binaries), copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, "bin");
}

async function asAdmin(settings: Pick<PostgresSettings, "host" | "port" | "caFile">, database: string, sql: string): Promise<void> {
  const { host, port } = settings;
  const client = new Client({ host, port, database, user: ADMIN, password: ADMIN_PASSWORD, ssl: { rejectUnauthorized: false } });
  client.on("error", () => undefined);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

async function ready(probe: () => Promise<void>, child: ChildProcess): Promise<void> {
  const until = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const fault = await probe().then(() => undefined, (error: unknown) => error);
    if (fault === undefined) return;
    if (child.exitCode !== null) throw new Error(`PostgreSQL ended with ${child.exitCode} at its start`, { cause: fault });
    if (Date.now() > until) throw new Error(`PostgreSQL did not start within ${START_TIMEOUT_MS} ms`, { cause: fault });
    await sleep(50);
  }
}
