import { basename, dirname } from "node:path";
import { PLATFORM_NAMESPACE, serviceHost } from "../../config/naming";
import { describeFile } from "./manifest";
import { inPod } from "./cluster";
import type { Cluster } from "./cluster";
import { volumeMount, withVolume } from "./volume-pod";
import { pause, resume } from "./workloads";
import type { StatefulSet } from "./workloads";

/** How one kind of store is saved and brought back. Services are paused while a store is restored. */
export interface StoreProcedure {
  readonly store: string;
  readonly file: string;
  /** Prints the version of the running program, first of all digits. */
  readonly version: readonly string[];
  backup(work: StoreWork): Promise<void>;
  /** Can be run again after an interruption: what was there stays until the whole of the backup is beside it. */
  restore(work: StoreWork): Promise<void>;
}

/** One store of a region and a file of a backup. */
export interface StoreWork {
  readonly cluster: Cluster;
  readonly set: StatefulSet;
  /** Of the program that runs, or ran when the store was paused. */
  readonly version: string;
  readonly path: string;
  /** Has a shell, for work on volumes. */
  readonly shellImage: string;
}

const database = "agentic_flow";
const restoring = "restoring";
const superuser = ["--host=/tmp/postgres", "--username=postgres"];

/** Arguments of PostgreSQL's programs; the tests run them against a server of their own. */
export const postgresCommands = {
  dump: ["pg_dump", "--format=custom", "--compress=zstd", database],
  /** Makes the database beside the one that is in use. */
  prepare: ["psql", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--dbname=postgres", `--command=DROP DATABASE IF EXISTS ${restoring} WITH (FORCE)`, `--command=CREATE DATABASE ${restoring} TEMPLATE template0`],
  load: ["pg_restore", "--exit-on-error", "--single-transaction", `--dbname=${restoring}`],
  /** The old one goes only now, and what is left in between is found by its name when it is run again. */
  swap: ["psql", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--dbname=postgres", `--command=DROP DATABASE IF EXISTS ${database} WITH (FORCE)`, `--command=ALTER DATABASE ${restoring} RENAME TO ${database}`],
} as const;

function asSuperuser([program, ...args]: readonly [string, ...string[]]): string[] {
  return [program, ...superuser, ...args];
}

const postgres: StoreProcedure = {
  store: "postgres",
  file: "postgres.dump",
  version: ["postgres", "--version"],
  async backup({ cluster, set, path }) {
    await inPod(cluster, `${set.name}-0`, asSuperuser(postgresCommands.dump), { toFile: path });
  },
  async restore({ cluster, set, version, path }) {
    const pod = `${set.name}-0`;
    if (set.paused !== undefined) await resume(cluster, set);
    await inPod(cluster, pod, asSuperuser(postgresCommands.prepare));
    await inPod(cluster, pod, asSuperuser(postgresCommands.load), { fromFile: path });
    await inPod(cluster, pod, asSuperuser(postgresCommands.swap));
    // Its start makes the rights of the roles in the new database.
    await pause(cluster, { ...set, paused: undefined }, version, "restore");
    await resume(cluster, set);
  },
};

/** Where the pod of the component has what its operator needs. */
const redisOperator = 'REDISCLI_AUTH=$(cat /etc/redis/users/operator-password) redis-cli --user operator --no-auth-warning --tls --cacert /etc/redis/tls/ca.crt -p 6379';

/**
 * Script that prints a snapshot. By way of a file: redis-cli cuts the mark of the end off a file, and leaves it in a pipe.
 *
 * @param client Command that runs redis-cli as the operator.
 */
export function redisSnapshotScript(client: string, folder: string): string {
  const file = `${folder}/backup.rdb`;
  return [`trap 'rm -f ${file}' EXIT`, `${client} --rdb ${file} >&2`, `cat ${file}`].join("\n");
}

/**
 * Script that makes of a snapshot on its input the log that Redis begins with: beside the old one, then in its place.
 *
 * @param folder The folder of the data.
 */
export function redisLogScript(folder: string): string {
  const fresh = `${folder}/${restoring}`;
  return [
    `rm -rf ${fresh}`,
    `mkdir ${fresh}`,
    `cat > ${fresh}/appendonly.aof.1.base.rdb`,
    `echo 'file appendonly.aof.1.base.rdb seq 1 type b' > ${fresh}/appendonly.aof.manifest`,
    `sha256sum ${fresh}/appendonly.aof.1.base.rdb`,
  ].join("\n");
}

export function redisSwapScript(folder: string): string {
  return `rm -rf ${folder}/appendonlydir ${folder}/dump.rdb\nmv ${folder}/${restoring} ${folder}/appendonlydir`;
}

const redis: StoreProcedure = {
  store: "redis",
  file: "redis.rdb",
  version: ["redis-server", "--version"],
  async backup({ cluster, set, path }) {
    await inPod(cluster, `${set.name}-0`, ["/bin/sh", "-euc", redisSnapshotScript(redisOperator, "/var/lib/redis")], { toFile: path });
  },
  async restore({ cluster, set, version, path, shellImage }) {
    await pause(cluster, set, version, "restore");
    await withVolume(cluster, `${set.name}-0`, shellImage, async (run) => {
      await requireWhole(await run(redisLogScript(volumeMount), path), path);
      await run(redisSwapScript(volumeMount));
    });
    await resume(cluster, set);
  },
};

/** Of a client of etcd, from its Secret: the pod itself has no certificate that etcd would take. */
async function clientCertificate(cluster: Cluster): Promise<Readonly<Record<string, string>>> {
  const list = JSON.parse(await cluster.kubectl(["get", "secrets", "--field-selector=type=kubernetes.io/tls", "-o", "json"])) as {
    items: readonly { readonly metadata: { readonly name: string }; readonly data: Readonly<Record<string, string>> }[];
  };
  const found = list.items.find(({ metadata }) => metadata.name.startsWith("etcd-client-"));
  if (found === undefined) throw new Error("no client of etcd has a certificate: deploy a service that needs it first");
  return found.data;
}

const etcd: StoreProcedure = {
  store: "etcd",
  file: "etcd.snapshot",
  version: ["etcd", "--version"],
  async backup({ cluster, set, path }) {
    const pod = `${set.name}-0`;
    const certificate = await clientCertificate(cluster);
    const folder = "/tmp/backup";
    const unpack = ["ca.crt", "tls.crt", "tls.key"].map((file) => `echo '${certificate[file] ?? ""}' | base64 -d > ${file}`);
    const endpoint = `https://${serviceHost(`${pod}.${set.name}-pods`, PLATFORM_NAMESPACE)}:2379`;
    // The snapshot needs room that only the volume has. All of it is read from the input: nothing secret is an argument.
    const script = [
      `trap 'rm -rf ${folder} /var/lib/etcd/backup.snapshot' EXIT`, "umask 077", `rm -rf ${folder}`, `mkdir ${folder}`, `cd ${folder}`, ...unpack,
      `etcdctl --endpoints=${endpoint} --cacert=ca.crt --cert=tls.crt --key=tls.key snapshot save /var/lib/etcd/backup.snapshot >&2`,
      "cat /var/lib/etcd/backup.snapshot",
    ].join("\n");
    await inPod(cluster, pod, ["/bin/sh", "-eu"], { fromText: script, toFile: path });
  },
  async restore({ cluster, set, version, path, shellImage }) {
    await pause(cluster, set, version, "restore");
    for (let index = 0; index < set.replicas; index++) {
      const member = `${set.name}-${index}`;
      await withVolume(cluster, member, shellImage, async (run) => {
        const snapshot = `${volumeMount}/${restoring}.snapshot`;
        await requireWhole(await run(`cat > ${snapshot}\nsha256sum ${snapshot}`, path), path);
        await run(etcdRestoreScript(set.args, member, volumeMount));
      });
    }
    await resume(cluster, set);
  },
};

/** Revisions go on far above all that were ever seen, so that no watcher takes an old one for new. */
const revisionsAhead = 1_000_000_000;

/** Script that makes a member's data from a snapshot: beside the old ones, then in their place. */
export function etcdRestoreScript(args: readonly string[], member: string, folder: string): string {
  const flag = (name: string): string => {
    const found = args.find((argument) => argument.startsWith(`--${name}=`));
    if (found === undefined) throw new Error(`etcd was declared without --${name}, which a restore needs`);
    return `'${found.replaceAll("$(POD_NAME)", member)}'`;
  };
  const flags = ["name", "initial-cluster", "initial-cluster-token", "initial-advertise-peer-urls"].map(flag).join(" ");
  return [
    `rm -rf ${folder}/${restoring}`,
    `etcdutl snapshot restore ${folder}/${restoring}.snapshot --data-dir=${folder}/${restoring} ${flags} --bump-revision=${revisionsAhead} --mark-compacted >&2`,
    `rm -rf ${folder}/data`,
    `mv ${folder}/${restoring} ${folder}/data`,
    `rm ${folder}/${restoring}.snapshot`,
  ].join("\n");
}

/** A copy of the volume while it rests: its own snapshots go to object stores only, which a region of one machine has not. */
const restate: StoreProcedure = {
  store: "restate",
  file: "restate.tar.gz",
  version: ["restate-server", "--version"],
  async backup({ cluster, set, version, path, shellImage }) {
    await pause(cluster, set, version, "backup");
    try {
      await withVolume(cluster, `${set.name}-0`, shellImage, (run) => run(`tar -C ${volumeMount} -cz .`, undefined, path));
    } finally {
      await resume(cluster.uninterrupted, set);
    }
  },
  async restore({ cluster, set, version, path, shellImage }) {
    await pause(cluster, set, version, "restore");
    await withVolume(cluster, `${set.name}-0`, shellImage, async (run) => {
      const archive = `${volumeMount}/${restoring}.tar.gz`;
      await requireWhole(await run(`cat > ${archive}\nsha256sum ${archive}`, path), path);
      await run(restateRestoreScript(volumeMount));
    });
    await resume(cluster, set);
  },
};

/** Script that makes the volume's content of an archive in it: beside the old one, then in its place. */
export function restateRestoreScript(folder: string): string {
  return [
    `cd ${folder}`,
    `rm -rf ${restoring}`,
    `mkdir ${restoring}`,
    `tar -C ${restoring} -xzf ${restoring}.tar.gz`,
    `rm ${restoring}.tar.gz`,
    `find . -mindepth 1 -maxdepth 1 ! -name ${restoring} -exec rm -rf {} +`,
    `find ${restoring} -mindepth 1 -maxdepth 1 -exec mv {} . ';'`,
    `rmdir ${restoring}`,
  ].join("\n");
}

/** Compares what arrived in the pod with what was sent. */
async function requireWhole(said: string, path: string): Promise<void> {
  const { sha256 } = await describeFile(dirname(path), basename(path));
  if (!said.includes(sha256)) throw new Error(`'${path}' did not arrive whole in the region (${said.trim()}): run the restore again`);
}

/** In the order in which they are restored: services that come back find what they begin with. */
export const procedures: readonly StoreProcedure[] = [etcd, postgres, redis, restate];
