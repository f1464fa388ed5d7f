import { RegionError } from "./errors";
import { readIfThere, writePrivateFile } from "./files";
import type { Layout } from "./directory";
import type { ProcessIdentity } from "./process-identity";
import type { ControlPlanePorts } from "./settings";
import type { RegionMode } from "./types";

/** `region.json`: what was asked for and what was made, so that any later command finds all of it. */
export interface RegionRecord {
  readonly version: 1;
  readonly name: string;
  readonly mode: RegionMode;
  /** The port that was asked for, if one was. */
  readonly apiPort?: number;
  /** Mode `simulated`. */
  readonly ports?: ControlPlanePorts;
  /** Mode `node`: number of the region's /30 and of its veth pair. */
  readonly slot?: number;
  /** Mode `node`: folders of the region's own cgroups. */
  readonly cgroups?: readonly string[];
  /** Hash of all that the region's processes were started with. */
  readonly settingsHash?: string;
  /** The process whose end is the end of the region: the supervisor, or the first process of its namespaces. */
  readonly main?: ProcessIdentity;
}

/** Reads `region.json`; nothing when there is none or a kill left an unreadable one. */
export function readRecord(layout: Layout): RegionRecord | undefined {
  const text = readIfThere(layout.record);
  if (text === undefined) return undefined;
  try {
    const record = JSON.parse(text) as RegionRecord;
    if (record.version === 1 && typeof record.name === "string") return record;
  } catch {
    // Falls through: as good as none.
  }
  return undefined;
}

export function writeRecord(layout: Layout, record: RegionRecord): void {
  writePrivateFile(layout.record, `${JSON.stringify(record, undefined, 2)}\n`);
}

/** Fails when a region that exists was asked for with settings that it cannot change to. */
export function checkSameKind(record: RegionRecord, asked: { readonly mode: RegionMode; readonly apiPort?: number }): void {
  const problems: string[] = [];
  if (record.mode !== asked.mode) {
    problems.push(`mode is '${asked.mode}': the region '${record.name}' exists in mode '${record.mode}'; stop it first, or use another --name`);
  }
  if (asked.apiPort !== undefined && record.ports !== undefined && record.ports.api !== asked.apiPort) {
    problems.push(`apiPort is ${asked.apiPort}: the region '${record.name}' keeps its port ${record.ports.api}; stop it first, or leave the port out`);
  }
  if (problems.length > 0) throw new RegionError("different-settings", problems);
}
