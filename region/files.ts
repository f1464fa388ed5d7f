import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Mode of every folder of a region: its owner alone. */
export const privateDirectoryMode = 0o700;
/** Mode of every file of a region: its owner alone. */
export const privateFileMode = 0o600;

/** Makes a folder, and its parents, that only its owner can enter. */
export function makePrivateDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: privateDirectoryMode });
  chmodSync(path, privateDirectoryMode);
}

/** Writes a file that only its owner can read; a reader, or a kill in the middle, never sees half of it. */
export function writePrivateFile(path: string, content: string | Uint8Array): void {
  makeParent(path);
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    writeFileSync(temporary, content, { mode: privateFileMode, flag: "wx" });
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

function makeParent(path: string): void {
  const parent = dirname(path);
  if (!existsSync(parent)) makePrivateDirectory(parent);
}

/** The text of a file, or nothing when there is no such file. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR" || error.code === "ESRCH")) return undefined;
    throw error;
  }
}
