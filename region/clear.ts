import { removeCgroups } from "./cgroups";
import type { Layout } from "./directory";
import { RegionError } from "./errors";
import { killMarkedProcesses } from "./marked-processes";
import { unmountBelow } from "./mounts";
import { deleteVeth } from "./network/veth";
import { isAlive, signalProcess } from "./process-identity";
import type { RegionRecord } from "./record";
import { waitFor } from "./wait";

const pollMs = 50;

/**
 * Ends a region's processes and removes what they had on this machine: interface, cgroups, mounts. Keeps its directory.
 *
 * Works from any state that a kill may have left, and when there is nothing to do. Gives one phrase per kind of thing removed.
 *
 * @param graceMs how long the region may take to end by itself
 */
export async function clearMachine(here: Layout, record: RegionRecord | undefined, graceMs: number): Promise<string[]> {
  const removed: string[] = [];
  const main = record?.main;
  if (main !== undefined && isAlive(main)) {
    signalProcess(main, "SIGTERM");
    await waitFor(() => !isAlive(main), { timeoutMs: graceMs, everyMs: pollMs });
    // In mode `node` this is the first process of the region's namespaces: with it the kernel ends all others.
    signalProcess(main, "SIGKILL");
    removed.push("supervisor");
  }
  const { killed, left } = await killMarkedProcesses(here.root);
  if (left.length > 0) throw new RegionError("stop-failed", `processes ${left.map(({ pid }) => pid).join(", ")} do not end, not even when killed: they wait for the kernel; try again`);
  if (killed > 0) removed.push(`${killed} ${killed === 1 ? "process" : "processes"}`);
  const mounts = await unmountBelow(here.root);
  if (mounts > 0) removed.push(`${mounts} ${mounts === 1 ? "mount" : "mounts"}`);
  if (record?.slot !== undefined && (await deleteVeth(record.slot, here.root))) removed.push("network interface");
  const cgroups = await removeCgroups(record?.cgroups ?? []);
  if (cgroups > 0) removed.push(`${cgroups} ${cgroups === 1 ? "cgroup" : "cgroups"}`);
  return removed;
}
