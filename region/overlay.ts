import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command";
import { makePrivateDirectory } from "./files";

/**
 * Mounts a trial overlay in a mount namespace that ends with the command, so that this machine never sees it: nor with
 * `-n` the note of it that mount would leave in /run.
 */
const trial = 'mkdir "$0/lower" "$0/upper" "$0/work" "$0/merged" && mount -n -t overlay -o "lowerdir=$0/lower,upperdir=$0/upper,workdir=$0/work" overlay "$0/merged" && : >"$0/merged/file"';

/** Whether image layers can be stacked with overlayfs on the filesystem of a folder: not on another overlay, for one. */
export async function overlayWorks(directory: string, signal?: AbortSignal): Promise<boolean> {
  makePrivateDirectory(directory);
  const folder = mkdtempSync(join(directory, "overlay-"));
  try {
    await run("unshare", ["--mount", "--propagation", "private", "sh", "-c", trial, folder], { signal });
    return true;
  } catch {
    signal?.throwIfAborted();
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
