import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { freePorts } from "../../services/kit/test/support/etcd-server";
import { issue, newAuthority, writeAuthority } from "../../services/kit/test/support/pki";
import { findBuilt } from "../../toolchain/find-built";
import { killGroup } from "./cli";

const SCRIPT = resolve(__dirname, "../../images/recipes/postgres/start-postgres.sh");
const DATABASE = "agentic_flow";
/** Not the user of the images, who has a name there only: initdb wants one. This is `nobody`. */
const USER_ID = 65_534;
const READY_TIMEOUT_MS = 20_000;
/** Commands that the script may use: what BusyBox gives it in the image. */
const APPLETS = ["sh", "cat", "sed", "mkdir", "chmod", "rm", "rmdir", "mv", "sleep", "readlink"];
const ROOT = process.getuid?.() === 0;
/** The script is the first process of a namespace, as in a container: signals reach it so, and all ends with it. */
const IN_A_POD = ROOT ? ["/usr/bin/unshare", "--pid", "--fork", "--kill-child", `--setuid=${USER_ID}`, `--setgid=${USER_ID}`] : [];

/** How one start of the script ended. */
export interface Ended {
  readonly code: number | null;
  readonly log: string;
}

/** One running start of the script. */
export interface Start {
  readonly ended: Promise<Ended>;
  /** Waits until clients can connect. */
  ready(): Promise<void>;
  /** Sends SIGTERM to the script, as the kubelet does. */
  terminate(): void;
  /** Ends the script and PostgreSQL at once, as the end of a machine would. */
  readonly kill: () => void;
}

/**
 * The start script of the image with the built PostgreSQL and BusyBox, as a user without rights, on a volume that
 * survives its starts. Undefined when there is no such engine on this machine.
 */
export class PostgresPod {
  readonly port: number;
  readonly caFile: string;
  readonly directory: string;
  readonly #starts: Start[] = [];

  private constructor(directory: string, port: number, caFile: string) {
    this.directory = directory;
    this.port = port;
    this.caFile = caFile;
  }

  static available(): boolean {
    return findBuilt("postgres") !== undefined && findBuilt("busybox") !== undefined;
  }

  static async make(passwords: Readonly<Record<string, string>>): Promise<PostgresPod> {
    const directory = mkdtempSync(join(tmpdir(), "agentic-flow-pod-"));
    chmodSync(directory, 0o755);
    for (const folder of ["bin", "tls", "volume", "run"]) mkdirSync(join(directory, folder));
    for (const folder of ["volume", "run"]) own(join(directory, folder));
    const postgres = findBuilt("postgres") ?? "";
    // A cache below root's home is out of this user's reach.
    cpSync(dirname(dirname(postgres)), join(directory, "postgres"), { recursive: true, verbatimSymlinks: true });
    cpSync(findBuilt("busybox") ?? "", join(directory, "busybox"));
    cpSync(SCRIPT, join(directory, "start-postgres"));
    for (const applet of APPLETS) symlinkSync("../busybox", join(directory, "bin", applet));
    const authority = await newAuthority("test authority");
    const { certFile, keyFile } = await issue(authority, directory, "server");
    for (const [from, to] of [[certFile, "tls.crt"], [keyFile, "tls.key"]] as const) mounted(from, join(directory, "tls", to));
    const [port = 0] = await freePorts(1);
    const pod = new PostgresPod(directory, port, await writeAuthority(authority, directory));
    pod.mountPasswords(passwords);
    return pod;
  }

  /** Replaces the files with the roles' passwords, as a changed Secret does between two starts. */
  mountPasswords(passwords: Readonly<Record<string, string>>): void {
    const folder = join(this.directory, "roles");
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    for (const [role, password] of Object.entries(passwords)) {
      writeFileSync(join(this.directory, "password"), password);
      mounted(join(this.directory, "password"), join(folder, role));
    }
  }

  /** Puts a file of the pod's own user on the volume, in a new folder. */
  leave(folder: string, file: string): void {
    const path = join(this.directory, "volume", folder);
    mkdirSync(path);
    writeFileSync(join(path, file), "");
    own(path);
    own(join(path, file));
  }

  get environment(): NodeJS.ProcessEnv {
    return {
      PATH: `${join(this.directory, "postgres", "bin")}:${join(this.directory, "bin")}`,
      PGPORT: String(this.port),
      PGDATA: join(this.directory, "volume", "data"),
      POSTGRES_DATABASE: DATABASE,
      POSTGRES_ROLES_DIR: join(this.directory, "roles"),
      POSTGRES_TLS_DIR: join(this.directory, "tls"),
      POSTGRES_SOCKET_DIR: join(this.directory, "run", "socket"),
      POSTGRES_ROLE_CONNECTIONS: "5",
      POSTGRES_LISTEN: "127.0.0.1",
    };
  }

  /** Runs the script; later settings win. */
  start(environment: NodeJS.ProcessEnv = {}): Start {
    const [command = "", ...args] = [...IN_A_POD, join(this.directory, "busybox"), "sh", join(this.directory, "start-postgres"), "-c", "shared_buffers=16MB"];
    const child = spawn(command, args, {
      cwd: join(this.directory, "run"),
      env: { ...this.environment, ...environment },
      stdio: ["ignore", "ignore", "pipe"],
      detached: true,
    });
    let log = "";
    child.stderr.on("data", (chunk: Buffer) => (log += chunk.toString()));
    const ended = once(child, "close").then(([code]) => ({ code: code as number | null, log }));
    const start: Start = {
      ended,
      ready: () => this.#ready(ended, () => log),
      terminate: () => process.kill(scriptOf(child), "SIGTERM"),
      kill: () => {
        if (child.exitCode === null && child.signalCode === null) killGroup(child);
      },
    };
    this.#starts.push(start);
    return start;
  }

  async #ready(ended: Promise<Ended>, said: () => string): Promise<void> {
    let over: Ended | undefined;
    void ended.then((end) => (over = end));
    const until = Date.now() + READY_TIMEOUT_MS;
    for (;;) {
      if (this.run("pg_isready", ["--quiet", "--host=127.0.0.1"]).code === 0) return;
      if (over !== undefined) throw new Error(`the script ended with ${String(over.code)}:\n${over.log}`);
      if (Date.now() > until) throw new Error(`not ready within ${READY_TIMEOUT_MS} ms:\n${said()}`);
      await sleep(50);
    }
  }

  /** Runs one of PostgreSQL's programs to its end, as the user of the pod. */
  run(program: string, args: readonly string[], input?: string | Buffer): { readonly code: number; readonly output: Buffer; readonly said: string } {
    try {
      const output = execFileSync(join(this.directory, "postgres", "bin", program), [...args], {
        env: { ...this.environment, PGCONNECT_TIMEOUT: "5" },
        ...(input === undefined ? {} : { input }),
        stdio: ["pipe", "pipe", "pipe"],
        ...(ROOT ? { uid: USER_ID, gid: USER_ID } : {}),
      });
      return { code: 0, output, said: "" };
    } catch (error) {
      const { status, stdout, stderr } = error as { status: number | null; stdout: Buffer; stderr: Buffer };
      return { code: status ?? -1, output: stdout, said: stderr.toString() };
    }
  }

  /** Kills PostgreSQL's first process and leaves the script alone. */
  killPostmaster(): void {
    const script = readFileSync(join(this.directory, "volume", "data", "postmaster.pid"), "utf8");
    const inside = script.split("\n")[0] ?? "";
    const found = execFileSync("pgrep", ["-f", `postgres -D ${join(this.directory, "volume", "data")}`], { encoding: "utf8" }).trim().split("\n");
    const postmaster = found.find((pid) => new RegExp(`^NSpid:.*\\b${inside}$`, "m").test(readFileSync(`/proc/${pid}/status`, "utf8")));
    process.kill(Number(postmaster), "SIGKILL");
  }

  /** Arguments that connect a program as the superuser, over the socket. */
  get superuser(): string[] {
    return [`--host=${join(this.directory, "run", "socket")}`, "--username=postgres"];
  }

  /** A connected client of the database, over TLS that verifies the server. The caller ends it. */
  async connect(user: string, password: string, database = DATABASE): Promise<Client> {
    const client = new Client({ host: "127.0.0.1", port: this.port, user, password, database, ssl: { ca: readFileSync(this.caFile) } });
    // The server ends its sessions when it stops.
    client.on("error", () => undefined);
    await client.connect();
    return client;
  }

  /** Connects, asks one thing, and leaves. */
  async query<T>(user: string, password: string, sql: string, database = DATABASE): Promise<T[]> {
    const client = await this.connect(user, password, database);
    try {
      return (await client.query(sql)).rows as T[];
    } finally {
      await client.end();
    }
  }

  /** Ends whatever runs, and deletes all files. */
  async remove(): Promise<void> {
    for (const { kill, ended } of this.#starts) {
      kill();
      await ended;
    }
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The process of the script: the child itself, or the one that it started in its namespace. */
function scriptOf({ pid = 0 }: ChildProcess): number {
  return ROOT ? Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim()) : pid;
}

/** Gives a path to the user that the script runs as. */
function own(path: string): void {
  if (ROOT) chownSync(path, USER_ID, USER_ID);
}

/** A file as a pod sees one of a mounted Secret: root's, and readable by the pod's group alone. */
function mounted(from: string, to: string): void {
  cpSync(from, to);
  if (ROOT) chownSync(to, 0, USER_ID);
  chmodSync(to, ROOT ? 0o440 : 0o600);
}
