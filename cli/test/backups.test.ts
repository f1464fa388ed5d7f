import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "mocha";
import type { Cluster, Streams } from "../backups/cluster";
import { checkBackup } from "../backups/manifest";
import type { Manifest } from "../backups/manifest";
import { backUp, restoreAll } from "../backups/run";
import { etcdRestoreScript, restateRestoreScript } from "../backups/stores";
import { UserError } from "../errors";

const VERSIONS: Readonly<Record<string, string>> = { etcd: "etcd Version: 3.6.8", postgres: "postgres (PostgreSQL) 18.6", redis: "Redis server v=7.0.15", restate: "restate-server 1.7.12" };
const ARGS = ["--name=$(POD_NAME)", "--initial-cluster=etcd-0=https://e:2380", "--initial-cluster-token=t", "--initial-advertise-peer-urls=https://$(POD_NAME).e:2380"];

/** A cluster that has every store and one service, and remembers what it was asked. */
class FakeCluster implements Cluster {
  readonly asked: string[] = [];
  readonly versions: Record<string, string> = { ...VERSIONS };
  /** An execution whose program and arguments contain this fails. */
  failAt: string | undefined;
  /** Whether whoever runs this was interrupted; from `interruptAt` on he is. */
  interrupted = false;
  interruptAt: string | undefined;
  readonly #replicas = new Map<string, number>();
  readonly #annotations = new Map<string, Record<string, string>>();

  get uninterrupted(): Cluster {
    const kubectl = (args: readonly string[], streams?: Streams): Promise<string> => new Promise((resolve) => resolve(this.#answer(args, streams)));
    const uninterrupted = this as Cluster;
    return { kubectl, uninterrupted };
  }

  kubectl(args: readonly string[], streams: Streams = {}): Promise<string> {
    return new Promise((resolve) => {
      if (this.interruptAt !== undefined && args.join(" ").includes(this.interruptAt)) this.interrupted = true;
      if (this.interrupted) throw new Error("interrupted");
      resolve(this.#answer(args, streams));
    });
  }

  replicasOf(store: string): number {
    return this.#replicas.get(store) ?? 1;
  }

  #annotate(store: string, notes: readonly string[]): void {
    const annotations = this.#annotations.get(store) ?? {};
    for (const note of notes) {
      const [key = "", value] = note.split("=");
      if (value === undefined) delete annotations[key.slice(0, -1)];
      else annotations[key] = value;
    }
    this.#annotations.set(store, annotations);
  }

  #answer(args: readonly string[], streams: Streams = {}): string {
    const line = args.join(" ");
    this.asked.push(line);
    if (this.failAt !== undefined && line.includes(this.failAt)) throw new Error(`failed at ${this.failAt}`);
    if (line.startsWith("get statefulsets")) {
      const item = (name: string) => ({ metadata: { name, annotations: this.#annotations.get(name) }, spec: { replicas: this.replicasOf(name), template: { spec: { containers: [{ image: `image of ${name}`, args: ARGS }] } } } });
      return JSON.stringify({ items: Object.keys(this.versions).map(item) });
    }
    if (line.startsWith("get horizontal")) return JSON.stringify({ items: [{ spec: { minReplicas: 2, scaleTargetRef: { kind: "Deployment", name: "agent" } } }] });
    if (line.startsWith("get secrets")) return JSON.stringify({ items: [{ metadata: { name: "etcd-client-agent-1" }, data: { "ca.crt": "YQ==", "tls.crt": "Yg==", "tls.key": "Yw==" } }] });
    const [, scaled = "", replicas] = /^scale statefulset (\w+) --replicas=(\d+)$/.exec(line) ?? [];
    if (replicas !== undefined) this.#replicas.set(scaled, Number(replicas));
    if (line.startsWith("annotate statefulset ")) this.#annotate(args[2] ?? "", args.slice(3).filter((arg) => arg !== "--overwrite"));
    const [, stopped = ""] = /^exec (?:--stdin )?(\w+)-0 /.exec(line) ?? [];
    if (this.replicasOf(stopped) === 0) throw new Error(`pods "${stopped}-0" not found`);
    const store = /exec (?:--stdin )?(?:restore-)?(\w+)-0/.exec(line)?.[1] ?? "";
    if (line.endsWith("--version")) return this.versions[store] ?? "";
    if (streams.toFile !== undefined) writeFileSync(streams.toFile, `content of ${store}`);
    if (streams.fromFile !== undefined && line.includes("sha256sum")) return createDigest(readFileSync(streams.fromFile));
    return "";
  }

  /** What changed something, in order. */
  changes(): string[] {
    return this.asked.filter((line) => /^(scale|exec --stdin|apply)/.test(line) || line.includes("psql"));
  }
}

function createDigest(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

describe("backups", () => {
  let directory: string;
  let cluster: FakeCluster;
  const say = (): void => undefined;
  const manifest = (): Manifest => JSON.parse(readFileSync(join(directory, "manifest.json"), "utf8")) as Manifest;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "backup-test-"));
    cluster = new FakeCluster();
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const problemsOf = async (): Promise<readonly string[]> => {
    const before = cluster.changes().length;
    try {
      await restoreAll(cluster, directory, say);
    } catch (error) {
      assert.ok(error instanceof UserError, String(error));
      assert.equal(cluster.changes().length, before, "something was changed");
      return error.problems;
    }
    return [];
  };

  it("holds each store with its size, digest and version, and puts no secret into an argument", async () => {
    await backUp(cluster, "local", directory, say);
    const { stores, region } = manifest();
    assert.equal(region, "local");
    assert.deepEqual(stores.map(({ store, file, version, sizeBytes }) => [store, file, version, sizeBytes]), [
      ["etcd", "etcd.snapshot", "3.6.8", 15],
      ["postgres", "postgres.dump", "18.6", 19],
      ["redis", "redis.rdb", "7.0.15", 16],
      ["restate", "restate.tar.gz", "1.7.12", 18],
    ]);
    assert.ok(!cluster.asked.join("\n").includes("Yw=="));
    // Only Restate rests, and comes back.
    assert.deepEqual(cluster.asked.filter((line) => line.startsWith("scale")), ["scale statefulset restate --replicas=0", "scale statefulset restate --replicas=1"]);
  });

  it("has no manifest when a store could not be saved, and brings Restate back", async () => {
    cluster.failAt = "tar -C";
    await assert.rejects(backUp(cluster, "local", directory, say), /failed at tar/);
    assert.equal(cluster.asked.filter((line) => line.startsWith("scale")).at(-1), "scale statefulset restate --replicas=1");
    assert.match((await problemsOf()).join(), /manifest\.json' cannot be read .*came to its end/);
  });

  it("pauses the services, restores every store, and lets the services come back", async () => {
    await backUp(cluster, "local", directory, say);
    cluster.asked.length = 0;
    await restoreAll(cluster, directory, say);
    const scaled = cluster.asked.filter((line) => line.startsWith("scale")).map((line) => line.replace("scale ", ""));
    assert.deepEqual(scaled, [
      "deployment agent --replicas=0",
      ...["etcd", "postgres", "redis", "restate"].flatMap((store) => [`statefulset ${store} --replicas=0`, `statefulset ${store} --replicas=1`]),
      "deployment agent --replicas=2",
    ]);
    const all = cluster.asked.join("\n");
    // The database in use goes only when the other is whole.
    assert.ok(all.indexOf("pg_restore") < all.indexOf("DROP DATABASE IF EXISTS agentic_flow") && all.includes("RENAME TO agentic_flow"));
  });

  it("leaves the services paused when it fails, and can be run again", async () => {
    await backUp(cluster, "local", directory, say);
    cluster.failAt = "pg_restore";
    await assert.rejects(restoreAll(cluster, directory, say), /failed at pg_restore/);
    assert.ok(!cluster.asked.includes("scale deployment agent --replicas=2"));
    assert.ok(!cluster.asked.join("\n").includes("DROP DATABASE IF EXISTS agentic_flow"));
    cluster.failAt = undefined;
    await restoreAll(cluster, directory, say);
    assert.ok(cluster.asked.includes("scale deployment agent --replicas=2"));
  });

  it("can be run again whatever store was stopped when it was interrupted, and a backup waits for that", async () => {
    for (const store of ["etcd", "redis", "restate"]) {
      cluster = new FakeCluster();
      await backUp(cluster, "local", directory, say);
      cluster.interruptAt = `exec --stdin restore-${store}-0`;
      await assert.rejects(restoreAll(cluster, directory, say), /interrupted/);
      assert.equal(cluster.replicasOf(store), 0, store);
      cluster.interruptAt = undefined;
      cluster.interrupted = false;
      await assert.rejects(backUp(cluster, "local", directory, say), new RegExp(`a restore of ${store} did not end`));
      await restoreAll(cluster, directory, say);
      for (const each of ["etcd", "postgres", "redis", "restate"]) assert.equal(cluster.replicasOf(each), 1, `${each} after ${store}`);
      // Nothing is left of the pause: the next backup finds every store running.
      await backUp(cluster, "local", directory, say);
    }
  });

  it("brings Restate back and removes its pod also when the backup is interrupted", async () => {
    cluster.interruptAt = "tar -C";
    await assert.rejects(backUp(cluster, "local", directory, say), /interrupted/);
    assert.equal(cluster.replicasOf("restate"), 1);
    assert.ok(cluster.asked.some((line) => line.startsWith("delete pod restore-restate-0")));
  });

  it("makes Restate's volume of an archive beside what was there, and keeps that when the archive is broken", () => {
    const volume = join(directory, "volume");
    const script = restateRestoreScript(volume);
    const archive = (content: string): void => {
      mkdirSync(join(directory, "source", "node", ".hidden"), { recursive: true });
      writeFileSync(join(directory, "source", "node", "log"), content);
      execFileSync("tar", ["-C", join(directory, "source"), "-czf", join(volume, "restoring.tar.gz"), "."]);
    };
    mkdirSync(join(volume, "old", "deep"), { recursive: true });
    writeFileSync(join(volume, "restoring.tar.gz"), "no archive");
    assert.throws(() => execFileSync("/bin/sh", ["-euc", script], { stdio: "ignore" }));
    assert.ok(existsSync(join(volume, "old", "deep")));
    archive("restored");
    execFileSync("/bin/sh", ["-euc", script]);
    assert.deepEqual(readdirSync(volume, { recursive: true, encoding: "utf8" }).sort(), ["node", "node/.hidden", "node/log"]);
    assert.equal(readFileSync(join(volume, "node", "log"), "utf8"), "restored");
  });

  it("lists everything that does not fit, and changes nothing", async () => {
    await backUp(cluster, "local", directory, say);
    writeFileSync(join(directory, "redis.rdb"), "content of rediz");
    rmSync(join(directory, "etcd.snapshot"));
    cluster.versions["postgres"] = "postgres (PostgreSQL) 19.1";
    delete cluster.versions["restate"];
    const problems = await problemsOf();
    assert.equal(problems.length, 5);
    for (const pattern of [
      /'etcd.snapshot' cannot be read \(ENOENT\)/,
      /of postgres 18.6 and the region runs 19.1/,
      /'redis.rdb' is not what was backed up/,
      /holds restate, which the region has not/,
      /^nothing was changed$/,
    ]) assert.ok(problems.some((problem) => pattern.test(problem)), `${String(pattern)}: ${problems.join("\n")}`);
  });

  it("refuses a file outside the backup, an unknown format, and a backup that lacks a store", async () => {
    await backUp(cluster, "local", directory, say);
    const { stores, ...rest } = manifest();
    writeFileSync(join(directory, "manifest.json"), JSON.stringify({ ...rest, stores: [{ ...stores[0], file: "../etcd" }] }));
    const problems = await checkBackup(directory, { etcd: "3.6.8", redis: "7.0.15", restate: undefined });
    assert.deepEqual(problems.map((problem) => problem.split(":")[0]), ["the manifest names '../etcd', which is not beside it", "the region has redis, which the backup does not hold"]);
    writeFileSync(join(directory, "manifest.json"), JSON.stringify({ ...rest, stores, format: 2 }));
    assert.match((await checkBackup(directory, {})).join(), /has format 2, this version reads 1/);
  });

  it("names the member in the script that makes etcd's data, and refuses an etcd that was declared otherwise", () => {
    assert.match(etcdRestoreScript(ARGS, "etcd-2", "/volume"), /'--name=etcd-2' .*'--initial-advertise-peer-urls=https:\/\/etcd-2\.e:2380' --bump-revision/);
    assert.throws(() => etcdRestoreScript([], "etcd-0", "/volume"), /declared without --name/);
  });
});
