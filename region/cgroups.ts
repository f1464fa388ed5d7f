import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { RegionError, systemCode } from "./errors";
import { waitFor } from "./wait";

const cgroupRoot = "/sys/fs/cgroup";
const removeTimeoutMs = 10_000;
const pollMs = 50;

/** A cgroup hierarchy of this machine and where this process is in it. */
export interface Hierarchy {
  /** As the kernel writes them: `memory`, `cpu,cpuacct`, `name=systemd`. */
  readonly controllers: string;
  /** Folder of this process's own group. */
  readonly ownGroup: string;
}

export type Cgroups = { readonly version: 2; readonly groups: readonly string[] } | { readonly version: 1; readonly groups: readonly string[]; readonly controllers: readonly string[] };

/**
 * Version 1 hierarchies from the texts of `/proc/self/cgroup` and `/proc/self/mountinfo`.
 *
 * A mount shows its hierarchy from some group on (its root), and paths are told from the hierarchy's own top.
 */
export function parseHierarchies(cgroupText: string, mountText: string): Hierarchy[] {
  const mounts = mountText.split("\n").map((line) => line.split(" ")).filter((fields) => fields[fields.indexOf("-") + 1] === "cgroup");
  return cgroupText.split("\n").flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]+):(.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) return [];
    const mount = mounts.find((fields) => {
      const options = fields.at(-1)?.split(",") ?? [];
      return controllers.split(",").every((controller) => options.includes(controller));
    });
    const [root, mountPoint] = [mount?.[3], mount?.[4]];
    if (root === undefined || mountPoint === undefined) return [];
    return [{ controllers, ownGroup: join(mountPoint, relative(root, path)) }];
  });
}

/**
 * Makes a group of the region's own in every hierarchy, below which all its processes and containers stay.
 *
 * Version 1: below the group of whoever starts the region, so that its limits hold. Version 2: at the top, because a
 * group that holds processes can have no groups with limits below it. Only version 1 has been tested.
 */
export function createCgroups(name: string): Cgroups {
  if (existsSync(join(cgroupRoot, "cgroup.controllers"))) {
    const group = join(cgroupRoot, name);
    mkdirSync(group, { recursive: true });
    return { version: 2, groups: [group] };
  }
  const hierarchies = parseHierarchies(readFileSync("/proc/self/cgroup", "utf8"), readFileSync("/proc/self/mountinfo", "utf8"));
  for (const required of ["memory", "cpu", "pids"]) {
    if (!hierarchies.some(({ controllers }) => controllers.split(",").includes(required))) {
      throw new RegionError("prerequisite", `cgroup controller '${required}' is not mounted under ${cgroupRoot}: mount it, or run with --simulate`);
    }
  }
  const groups = hierarchies.map(({ controllers, ownGroup }) => {
    const group = join(ownGroup, name);
    mkdirSync(group, { recursive: true });
    if (controllers.split(",").includes("cpuset")) inheritCpuset(ownGroup, group);
    return group;
  });
  return { version: 1, groups, controllers: hierarchies.map(({ controllers }) => controllers) };
}

/** A new cpuset has no processor and no memory, and takes no process until it has. */
function inheritCpuset(parent: string, group: string): void {
  for (const file of ["cpuset.cpus", "cpuset.mems"]) writeFileSync(join(group, file), readFileSync(join(parent, file)));
}

/** Removes groups with all below them; gives how many were there. Their processes must have ended. */
export async function removeCgroups(groups: readonly string[]): Promise<number> {
  const found = groups.filter((group) => existsSync(group));
  for (const group of found) {
    // The kernel lets go of a group a moment after its last process.
    const removed = await waitFor(() => removeTree(group), { timeoutMs: removeTimeoutMs, everyMs: pollMs });
    if (removed !== true) throw new RegionError("stop-failed", `cgroup ${group} could not be removed: a process is still in it; see ${group}/cgroup.procs`);
  }
  return found.length;
}

function removeTree(group: string): boolean {
  try {
    for (const entry of readdirSync(group, { withFileTypes: true })) {
      if (entry.isDirectory() && !removeTree(join(group, entry.name))) return false;
    }
    rmdirSync(group);
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT") return true;
    if (code === "EBUSY" || code === "ENOTEMPTY") return false;
    throw error;
  }
}
