import type { Mode } from "./definition";
import { ensureTools, type ProgressEvent, type Toolchain as AnyToolchain } from "./ensure";
import { type Binary, tools } from "./tools";

export { cacheRoot } from "./cache-root";
export type { Mode } from "./definition";
export type { ProgressEvent } from "./ensure";
export { ToolchainError } from "./errors";
export { printProgress } from "./progress";
export type { Binary } from "./tools";

/** The binaries of a mode: absolute paths, and the folders to put in front of PATH. */
export type Toolchain = AnyToolchain<Binary>;

/**
 * Makes the engines of a mode available: from PATH where they are good enough, from the cache, or by
 * building them. Safe with several callers at once, and after a kill in the middle.
 *
 * Throws a {@link ToolchainError}: `prerequisite-missing` (all of them at once, before anything is
 * built), `build-failed`, `disk-full`, `checksum-mismatch`, or `aborted` when `signal` fires.
 */
export function ensureToolchain(
  mode: Mode,
  options: { readonly signal?: AbortSignal; readonly onProgress?: (event: ProgressEvent) => void } = {},
): Promise<Toolchain> {
  return ensureTools<Binary>(mode, { ...options, tools });
}
