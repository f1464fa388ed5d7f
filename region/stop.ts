import { existsSync, rmSync } from "node:fs";
import { clearMachine } from "./clear";
import { Layout, regionDirectory } from "./directory";
import { markedProcesses } from "./marked-processes";
import { withLock } from "./lock";
import { checkName } from "./name";
import { readRecord } from "./record";
import type { StopOptions, StopResult } from "./types";

/** All data goes with the region, so its processes need only as long as it takes to let go of their files. */
const graceMs = 2_000;

/** Ends a region and removes all of it, from any state that a kill may have left. A region that does not exist is fine. */
export async function stopRegion(options: StopOptions): Promise<StopResult> {
  checkName(options.name);
  const here = new Layout(regionDirectory(options.name));
  return withLock(here.root, () => stop(here, options), {
    signal: options.signal,
    onWait: () => options.onProgress?.(`waiting for another command that works on the region '${options.name}'`),
  });
}

async function stop(here: Layout, { name, onProgress }: StopOptions): Promise<StopResult> {
  if (!existsSync(here.root) && markedProcesses(here.root).length === 0) return { stopped: false, removed: [] };
  onProgress?.(`stopping the region '${name}'`);
  const removed = await clearMachine(here, readRecord(here), graceMs);
  rmSync(here.root, { recursive: true, force: true, maxRetries: 3 });
  return { stopped: true, removed: [...removed, "data directory"] };
}
