import { readdirSync } from "node:fs";
import { Layout, regionDirectory, regionsDirectory } from "./directory";
import { systemCode } from "./errors";
import { nameProblem } from "./name";
import { networkOf } from "./network/addresses";
import { isAlive } from "./process-identity";
import { readRecord } from "./record";
import type { RegionRecord } from "./record";
import { readStatus } from "./supervisor/status";
import type { RegionHandle } from "./types";

/** `dead`: something of the region is on disk and its processes are gone, as after a kill or a reboot. */
export type RegionState = "absent" | "dead" | "starting" | "running";

/** Where a simulated region listens. */
export const loopback = "127.0.0.1";

/** The handle that follows from a record. */
export function handleOf(record: RegionRecord, here: Layout): RegionHandle {
  const entryAddress = record.slot === undefined ? loopback : networkOf(record.slot).nodeAddress;
  return { name: record.name, mode: record.mode, kubeconfigPath: here.kubeconfig, entryAddress, directory: here.root };
}

/** What there is of a region, and its handle as soon as it has been started once. */
export function inspectRegion(name: string): { readonly state: RegionState; readonly handle?: RegionHandle } {
  if (!regionNames().includes(name)) return { state: "absent" };
  const here = new Layout(regionDirectory(name));
  const record = readRecord(here);
  if (record?.main === undefined) return { state: "dead" };
  const handle = handleOf(record, here);
  if (!isAlive(record.main)) return { state: "dead", handle };
  return { state: readStatus(here.status)?.phase === "ready" ? "running" : "starting", handle };
}

/** A region that runs and has been ready; nothing otherwise. */
export function findRegion(name: string): Promise<RegionHandle | undefined> {
  const { state, handle } = inspectRegion(name);
  return Promise.resolve(state === "running" ? handle : undefined);
}

/** All regions of this user that run. */
export async function listRegions(): Promise<RegionHandle[]> {
  const found = await Promise.all(regionNames().map(findRegion));
  return found.filter((handle) => handle !== undefined);
}

/** Names of all regions of which something is on disk, whether they run or not. */
export function regionNames(): string[] {
  try {
    return readdirSync(regionsDirectory()).filter((name) => nameProblem(name) === undefined).sort();
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}

/** Records of all regions of this user except one. */
export function otherRecords(name: string): RegionRecord[] {
  const others = regionNames().filter((other) => other !== name);
  return others.map((other) => readRecord(new Layout(regionDirectory(other)))).filter((record) => record !== undefined);
}
