import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheRoot } from "../toolchain/cache-root";

/** Folders that make the engine's Node processes start sooner; each may be deleted at any time. */
export interface ProgramCache {
  /** The program's files as JavaScript: `AGENTIC_FLOW_TRANSPILED`. */
  readonly transpiled: string;
  /** What V8 made of every module: `NODE_COMPILE_CACHE`. */
  readonly compiled: string;
}

/** Files of a folder above which it is emptied: some 40 versions of the whole program. */
export const maxCachedFiles = 10_000;

/** Makes the folders, and empties those that have outgrown their limit. */
export async function programCache(root: string = cacheRoot(), limit: number = maxCachedFiles): Promise<ProgramCache> {
  const cache = { transpiled: join(root, "program", "transpiled"), compiled: join(root, "program", "compiled") };
  for (const folder of Object.values(cache)) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const files = await readdir(folder, { recursive: true });
    if (files.length > limit) await rm(folder, { recursive: true, force: true });
  }
  return cache;
}
