import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { delimiter, isAbsolute, join, sep } from "node:path";

/** Folders of system programs that ordinary users' PATH often lacks. */
const systemFolders = ["/usr/sbin", "/sbin"];

/**
 * Absolute path of a program on PATH, or undefined. What lies below the folders `except` is never
 * found: our own cache, which callers put on PATH too.
 */
export function findOnPath(command: string, except: readonly string[], path = process.env["PATH"] ?? ""): string | undefined {
  for (const folder of [...path.split(delimiter), ...systemFolders]) {
    if (!isAbsolute(folder)) continue;
    const candidate = join(folder, command);
    if (!isRunnable(candidate)) continue;
    const names = [candidate, realpathSync(candidate)];
    if (!except.some((folder) => names.some((name) => name.startsWith(folder + sep)))) return candidate;
  }
  return undefined;
}

function isRunnable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
