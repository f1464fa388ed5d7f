import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Redis from "ioredis";
import { after, before, describe, it } from "mocha";
import { redisLogScript, redisSnapshotScript, redisSwapScript } from "../../cli/backups/stores";
import { aclFile } from "../../components/datastores/redis/acl";
import { REDIS_MOUNTS, REDIS_PORT, redisFlags } from "../../components/datastores/redis/flags";
import { PING } from "../../components/datastores/redis/ping";
import { freePorts } from "../../services/kit/test/support/etcd-server";
import { issue, newAuthority, writeAuthority } from "../../services/kit/test/support/pki";
import { findBuilt, notBuilt } from "../../toolchain/find-built";

const SETTINGS = { storage: "1Gi", cpuRequest: "25m", memoryRequest: "32Mi", memoryLimit: "96Mi" };
const START_TIMEOUT_MS = 20_000;

/** The server that the component declares, with its own flags and users, in a folder in the place of the mounts. */
describe("the declared Redis", function () {
  this.timeout(60_000);
  let directory: string;
  let port: number;
  let server: ChildProcess;

  const here = (text: string): string =>
    Object.entries(REDIS_MOUNTS).reduce((result, [name, mount]) => result.replace(mount, join(directory, name)), text).replace(String(REDIS_PORT), String(port));
  const ping = (): string => execFileSync(findBuilt("redis-cli") ?? "", PING.command.slice(1).map(here), { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

  /** What redis-cli says, over TLS. */
  const said = (...args: string[]): string => {
    const tls = ["--no-auth-warning", "--tls", "--cacert", here(`${REDIS_MOUNTS.tls}/ca.crt`), "-p", String(port)];
    const { stdout, stderr } = spawnSync(findBuilt("redis-cli") ?? "", [...tls, ...args], { encoding: "utf8" });
    return stdout + stderr;
  };

  const start = async (): Promise<void> => {
    server = spawn(findBuilt("redis-server") ?? "", [...redisFlags(SETTINGS).map(here), "--bind", "127.0.0.1"], { stdio: "ignore" });
    const until = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      try {
        ping();
        return;
      } catch (error) {
        if (server.exitCode !== null || Date.now() > until) throw error;
        await sleep(50);
      }
    }
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, "exit");
    server.kill(signal);
    await gone;
  };
  const as = async <T>(username: string, password: string, work: (client: Redis) => Promise<T>): Promise<T> => {
    const client = new Redis({ host: "localhost", port, username, password, tls: { ca: readFileSync(here(`${REDIS_MOUNTS.tls}/ca.crt`)) }, lazyConnect: true, retryStrategy: () => null, enableReadyCheck: true });
    client.on("error", () => undefined);
    try {
      await client.connect();
      return await work(client);
    } finally {
      client.disconnect();
    }
  };
  const memory = <T>(work: (client: Redis) => Promise<T>): Promise<T> => as("memory", "of memory", work);

  before(async function () {
    if (findBuilt("redis-server") === undefined || findBuilt("redis-cli") === undefined) {
      if (process.env["CI"] !== undefined) throw new Error(notBuilt("redis-server"));
      console.warn(`      ${notBuilt("redis-server")}`);
      this.skip();
    }
    directory = mkdtempSync(join(tmpdir(), "agentic-flow-redis-"));
    for (const name of Object.keys(REDIS_MOUNTS)) mkdirSync(join(directory, name));
    [port = 0] = await freePorts(1);
    const authority = await newAuthority("test authority");
    const { certFile, keyFile } = await issue(authority, directory, "server");
    copyFileSync(certFile, join(directory, "tls", "tls.crt"));
    copyFileSync(keyFile, join(directory, "tls", "tls.key"));
    copyFileSync(await writeAuthority(authority, directory), join(directory, "tls", "ca.crt"));
    writeFileSync(join(directory, "users", "users.acl"), aclFile({ memory: "of memory", "provider-gateway": "of gateway" }, "of operator"));
    await start();
  });

  after(async () => {
    if (directory === undefined) return;
    await end("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  });

  it("answers the kubelet's question", () => assert.equal(ping().trim(), "PONG"));

  it("lets a service use its own keys, channels and scripts", async () => {
    await memory(async (client) => {
      await client.set("memory:item", "1", "EX", 60);
      assert.equal(await client.eval("return redis.call('incr', KEYS[1])", 1, "memory:item"), 2);
      assert.equal(await client.publish("memory:events", "x"), 0);
    });
  });

  it("lets it at no other service's keys, and at nothing that concerns the server", async () => {
    await memory(async (client) => {
      const refused = [
        () => client.get("provider-gateway:item"),
        () => client.set("item", "1"),
        () => client.publish("provider-gateway:events", "x"),
        () => client.flushall(),
        () => client.keys("*"),
        () => client.scan(0),
        () => client.randomkey(),
        () => client.config("GET", "*"),
        () => client.call("ACL", "LIST"),
        () => client.call("SHUTDOWN"),
        () => client.eval("return redis.call('get', 'provider-gateway:item')", 0),
      ];
      for (const attempt of refused) await assert.rejects(attempt, /NOPERM|No permissions|can't access/, String(attempt));
    });
  });

  it("refuses a wrong password, nobody, and a connection without TLS", async () => {
    assert.match(said("--user", "memory", "--pass", "wrong", "get", "memory:item"), /WRONGPASS/);
    assert.match(said("get", "memory:item"), /NOAUTH/);
    for (const password of ["", "default", "nopass"]) assert.match(said("--user", "default", "--pass", password, "get", "memory:item"), /WRONGPASS|NOAUTH/, password);
    assert.match(said("--user", "health", "--pass", "health", "get", "memory:item"), /NOPERM/);
    const plain = new Redis({ host: "127.0.0.1", port, lazyConnect: true, retryStrategy: () => null });
    plain.on("error", () => undefined);
    await assert.rejects(plain.connect());
    plain.disconnect();
  });

  it("has what it acknowledged when it was killed", async () => {
    await memory(async (client) => {
      for (let index = 0; index < 200; index++) await client.set(`memory:${index}`, String(index));
      // Several writes of one script, or of one transaction, are one entry of the log.
      await client.eval("redis.call('set', KEYS[1], '1') redis.call('set', KEYS[2], '1')", 2, "memory:script-a", "memory:script-b");
      await client.multi().set("memory:multi-a", "1").set("memory:multi-b", "1").exec();
    });
    await end("SIGKILL");
    await start();
    assert.equal(await memory((client) => client.get("memory:199")), "199");
    assert.equal(await memory((client) => client.get("memory:item")), "2");
    const together = ["memory:script-a", "memory:script-b", "memory:multi-a", "memory:multi-b"];
    assert.deepEqual(await memory((client) => client.mget(together)), together.map(() => "1"));
  });

  it("comes back from a backup as it was", async () => {
    const client = `${findBuilt("redis-cli") ?? ""} --no-auth-warning --tls --cacert ${here(`${REDIS_MOUNTS.tls}/ca.crt`)} -p ${port} --user operator --pass 'of operator'`;
    const snapshot = execFileSync("/bin/sh", ["-euc", redisSnapshotScript(client, directory)], { stdio: ["ignore", "pipe", "ignore"] });
    assert.ok(!existsSync(join(directory, "backup.rdb")));
    await memory((client) => client.set("memory:199", "changed", "EX", 60));
    await end("SIGTERM");
    const data = here(REDIS_MOUNTS.data);
    const digest = execFileSync("/bin/sh", ["-euc", redisLogScript(data)], { input: snapshot, encoding: "utf8" });
    assert.ok(digest.startsWith(createHash("sha256").update(snapshot).digest("hex")));
    execFileSync("/bin/sh", ["-euc", redisSwapScript(data)]);
    await start();
    assert.equal(await memory((client) => client.get("memory:199")), "199");
    await memory((client) => client.set("memory:after", "1", "EX", 60));
    await end("SIGKILL");
    await start();
    assert.equal(await memory((client) => client.get("memory:after")), "1");
  });

  it("makes room when its memory is full, from keys that expire", async () => {
    const value = "x".repeat(2 ** 20);
    await memory(async (client) => {
      await client.set("memory:kept", "1");
      for (let index = 0; index < 100; index++) await client.set(`memory:large-${index}`, value, "EX", 3_600 + index);
      assert.equal(await client.get("memory:kept"), "1");
      assert.equal(await client.exists("memory:large-0"), 0);
      assert.equal(await client.exists("memory:large-99"), 1);
    });
  });
});
