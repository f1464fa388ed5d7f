import { join } from "node:path";
import { UserError } from "../errors";
import type { Print } from "../steps";
import { inPod } from "./cluster";
import type { Cluster } from "./cluster";
import { checkBackup, describeFile, writeManifest } from "./manifest";
import type { StoreEntry } from "./manifest";
import { procedures } from "./stores";
import type { StoreProcedure } from "./stores";
import { findServices, findStores, resume, scale } from "./workloads";
import type { StatefulSet } from "./workloads";

/** A store that the region has, and how it is saved. */
interface Present {
  readonly procedure: StoreProcedure;
  readonly set: StatefulSet;
  readonly version: string;
}

interface Found {
  readonly present: readonly Present[];
  /** Has a shell, for work on volumes. */
  readonly shellImage: string;
}

async function find(cluster: Cluster): Promise<Found> {
  const sets = await findStores(cluster);
  const present: Present[] = [];
  const problems: string[] = [];
  for (const procedure of procedures) {
    const set = sets[procedure.store];
    if (set === undefined) continue;
    if (set.paused !== undefined) {
      present.push({ procedure, set, version: set.paused.version });
      continue;
    }
    try {
      const said = await inPod(cluster, `${set.name}-0`, procedure.version);
      const version = /\d+(\.\d+)+/.exec(said)?.[0];
      if (version === undefined) problems.push(`${procedure.store} says no version of itself (${said.trim()})`);
      else present.push({ procedure, set, version });
    } catch (error) {
      problems.push(`${procedure.store} does not answer (${error instanceof Error ? error.message : String(error)}): look with \`npm run status\``);
    }
  }
  if (problems.length > 0) throw new UserError(problems);
  const shellImage = sets["etcd"]?.image;
  if (shellImage === undefined) throw new UserError("the region has no etcd: run `npm run up` first");
  return { present, shellImage };
}

/** Saves every store of a region into a folder; its manifest comes last. */
export async function backUp(cluster: Cluster, region: string, directory: string, say: Print): Promise<void> {
  const { present, shellImage } = await find(cluster);
  const halfRestored = present.filter(({ set }) => set.paused?.cause === "restore");
  if (halfRestored.length > 0) {
    throw new UserError(halfRestored.map(({ procedure }) => `a restore of ${procedure.store} did not end: run \`npm run restore\` again before a backup`));
  }
  const entries: StoreEntry[] = [];
  for (const { procedure, set, version } of present) {
    if (set.paused !== undefined) await resume(cluster, set);
    await procedure.backup({ cluster, set: { ...set, paused: undefined }, version, path: join(directory, procedure.file), shellImage });
    const described = await describeFile(directory, procedure.file);
    if (described.sizeBytes === 0) throw new UserError(`the backup of ${procedure.store} is empty: run it again`);
    entries.push({ store: procedure.store, version, ...described });
    say(`${procedure.store} ${version}: ${described.file}, ${described.sizeBytes} bytes`);
  }
  await writeManifest(directory, region, entries);
}

/**
 * Brings back every store of a region from a folder. Nothing is changed unless all of the backup fits.
 *
 * @throws UserError that lists everything that speaks against it.
 */
export async function restoreAll(cluster: Cluster, directory: string, say: Print): Promise<void> {
  const { present, shellImage } = await find(cluster);
  const versions = Object.fromEntries(present.map(({ procedure, version }) => [procedure.store, version]));
  const problems = await checkBackup(directory, versions);
  if (problems.length > 0) throw new UserError([...problems, "nothing was changed"]);
  const services = await findServices(cluster);
  say(`pausing ${services.length} services`);
  for (const { name } of services) await scale(cluster, "deployment", name, 0);
  // A restore that fails leaves the services paused: they would go on with half of the stores of one time and half of another.
  for (const { procedure, set, version } of present) {
    await procedure.restore({ cluster, set, version, path: join(directory, procedure.file), shellImage });
    say(`${procedure.store} is restored`);
  }
  for (const { name, replicas } of services) await scale(cluster, "deployment", name, replicas);
  say(`${services.length} services run again`);
}
