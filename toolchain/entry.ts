import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import { systemErrorCode } from "./errors";

/** A file of an entry, as it was when it was built. */
export interface ManifestFile {
  /** Relative to the entry. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** Written last into an entry: an entry without it was never finished. */
export interface Manifest {
  readonly tool: string;
  readonly version: string;
  readonly key: string;
  readonly builtAt: string;
  readonly buildMs: number;
  readonly files: readonly ManifestFile[];
}

const manifestName = "manifest.json";

/** Folder of an entry that holds what Debian packages and wheels were unpacked to, laid out as below `/`. */
export const unpackedFolder = "root";

/** Folder of an entry below the cache root. */
export function entryDirectory(root: string, tool: string, key: string): string {
  return join(root, "toolchain", tool, key);
}

/** Path of a binary inside an entry. */
export function binaryPath(entry: string, binary: string): string {
  return join(entry, "bin", binary);
}

/**
 * The manifest of a whole entry, or undefined when the entry is missing or broken.
 *
 * Presence, size and, for binaries, the right to run are compared, which costs a millisecond; the
 * sums are for `--list --verify`, reading a gigabyte at every start is not worth it.
 */
export async function readEntry(directory: string, key: string, binaries: readonly string[]): Promise<Manifest | undefined> {
  let manifest: Partial<Manifest>;
  try {
    manifest = JSON.parse(await readFile(join(directory, manifestName), "utf8")) as Partial<Manifest>;
  } catch (error) {
    if (systemErrorCode(error) === undefined && !(error instanceof SyntaxError)) throw error;
    return undefined;
  }
  if (!isComplete(manifest) || manifest.key !== key) return undefined;
  const listed = new Set(manifest.files.map((file) => file.path));
  if (!binaries.every((binary) => listed.has(join("bin", binary)))) return undefined;
  const checks = manifest.files.map(async (file) => {
    const found = await stat(join(directory, file.path)).catch(() => undefined);
    const runnable = !file.path.startsWith("bin/") || ((found?.mode ?? 0) & 0o100) !== 0;
    return found !== undefined && found.isFile() && found.size === file.sizeBytes && runnable;
  });
  return (await Promise.all(checks)).every(Boolean) ? manifest : undefined;
}

function isComplete(manifest: Partial<Manifest>): manifest is Manifest {
  return manifest.key !== undefined && manifest.buildMs !== undefined && manifest.files !== undefined;
}

/** Paths of files whose content is no longer what was built. */
export async function changedFiles(directory: string, manifest: Manifest): Promise<string[]> {
  const changed: string[] = [];
  for (const file of manifest.files) {
    if ((await sha256(join(directory, file.path))) !== file.sha256) changed.push(file.path);
  }
  return changed;
}

/** Lists everything in `directory` and writes the manifest. */
export async function writeManifest(directory: string, head: Omit<Manifest, "files">): Promise<Manifest> {
  const files: ManifestFile[] = [];
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const found = await stat(path).catch(() => undefined);
    if (!found?.isFile()) continue;
    files.push({ path: relative(directory, path), sizeBytes: found.size, sha256: await sha256(path) });
  }
  const manifest = { ...head, files: files.sort((a, b) => (a.path < b.path ? -1 : 1)) };
  await writeFile(join(directory, manifestName), `${JSON.stringify(manifest, undefined, 1)}\n`);
  return manifest;
}

/**
 * Moves a finished folder to its place in one step. What lies there is broken (a whole one would
 * have been used) and is moved aside first, so that no reader ever sees a mixture.
 */
export async function publish(finished: string, directory: string): Promise<void> {
  const aside = `${finished}.old`;
  await rename(directory, aside).catch((error: unknown) => {
    if (systemErrorCode(error) !== "ENOENT") throw error;
  });
  await rename(finished, directory);
  await rm(aside, { recursive: true, force: true });
}

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
