import { join } from "node:path";
import { Layout, regionDirectory } from "./directory";
import { readIfThere } from "./files";
import { readRecord } from "./record";

/**
 * Working set of a region, in bytes: all that its processes and containers hold, without file pages that the kernel
 * could drop at once. The kubelet counts so too. Undefined where a region has no control groups of its own.
 *
 * Source: `memory.usage_in_bytes` less `total_inactive_file` (version 1), `memory.current` less `inactive_file` (2).
 */
export function regionMemoryBytes(name: string): number | undefined {
  const groups = readRecord(new Layout(regionDirectory(name)))?.cgroups ?? [];
  for (const group of groups) {
    const used = readIfThere(join(group, "memory.usage_in_bytes")) ?? readIfThere(join(group, "memory.current"));
    const stat = readIfThere(join(group, "memory.stat"));
    if (used !== undefined && stat !== undefined) return workingSet(Number(used.trim()), stat);
  }
  return undefined;
}

/** @param stat Text of `memory.stat`. */
export function workingSet(usedBytes: number, stat: string): number {
  const line = /^total_inactive_file (\d+)$/m.exec(stat) ?? /^inactive_file (\d+)$/m.exec(stat);
  return Math.max(0, usedBytes - Number(line?.[1] ?? 0));
}
