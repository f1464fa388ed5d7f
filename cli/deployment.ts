import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheRoot } from "../toolchain/cache-root";
import type { RegionKind } from "./options";

/** What `up` was asked for, kept beside the region so that the other commands know what they deal with. */
export interface Deployment {
  readonly region: string;
  readonly stack: string;
  readonly kind: RegionKind;
  readonly kubeconfig: string;
  /** `interrupted` until an update has ended, so that the next `up` knows that it must clean up first. */
  readonly update: "interrupted" | "complete";
}

/** Everything of a region is below this folder. */
export function regionDirectory(region: string): string {
  return join(cacheRoot(), "regions", region);
}

function recordPath(region: string): string {
  return join(regionDirectory(region), "deployment.json");
}

/** The record of the last `up`, or nothing when there was none. */
export async function readDeployment(region: string): Promise<Deployment | undefined> {
  try {
    return JSON.parse(await readFile(recordPath(region), "utf8")) as Deployment;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    // A record cut short by a kill says nothing; `up` writes it anew.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Writes the record whole or not at all. */
export async function writeDeployment(deployment: Deployment): Promise<void> {
  const path = recordPath(deployment.region);
  await mkdir(regionDirectory(deployment.region), { recursive: true, mode: 0o700 });
  await writeFile(`${path}.new`, JSON.stringify(deployment, undefined, 2), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** Forgets a region that had no process of ours: what is left of it is our own files. */
export async function removeDeployment(region: string): Promise<void> {
  await rm(regionDirectory(region), { recursive: true, force: true });
}
