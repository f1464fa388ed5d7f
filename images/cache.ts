import { randomUUID } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { digestOf, openFile } from "./oci/content";

/** What is kept beside an archive. */
export interface CachedImage {
  /** Digest of the manifest. */
  readonly digest: string;
  readonly archiveDigest: string;
  /** Of all layers, uncompressed. */
  readonly sizeBytes: number;
}

export const archiveName = "image.oci.tar";
const recordName = "image.json";

/** Older contents of an image are removed when a new one is made, but for this many: an import may still read one. */
const keptPerImage = 3;

/** Returns the entry when it is whole. A broken one (cut short, altered, no record) is removed and counts as absent. */
export async function findCached(directory: string, signal?: AbortSignal): Promise<CachedImage | undefined> {
  const before = await stat(directory).catch(() => undefined);
  if (before === undefined) return undefined;
  try {
    const record = JSON.parse(await readFile(join(directory, recordName), "utf8")) as CachedImage;
    const actual = await digestOf(openFile(join(directory, archiveName)), signal);
    if (actual.digest === record.archiveDigest) {
      const now = new Date();
      await utimes(directory, now, now);
      return record;
    }
  } catch {
    signal?.throwIfAborted();
  }
  await removeBroken(directory, before.ino);
  return undefined;
}

/** Removes exactly the folder that was looked at: another builder may have put a good one in its place meanwhile. */
async function removeBroken(directory: string, inode: number): Promise<void> {
  const aside = join(dirname(directory), draftName());
  try {
    await rename(directory, aside);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return;
    throw cause;
  }
  if ((await stat(aside)).ino === inode) await rm(aside, { recursive: true, force: true });
  else await publish(aside, directory);
}

/** A folder of our own beside the entries, to become one by rename. The process id tells whether its maker still lives. */
export async function makeDraft(parent: string): Promise<string> {
  const draft = join(parent, draftName());
  await mkdir(draft, { recursive: true });
  return draft;
}

function draftName(): string {
  return `.draft-${String(process.pid)}-${randomUUID()}`;
}

export function recordPath(directory: string): string {
  return join(directory, recordName);
}

/** Turns a draft into an entry. When another process was first, its entry stays and the draft is dropped. */
export async function publish(draft: string, directory: string): Promise<void> {
  try {
    await rename(draft, directory);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw cause;
    await rm(draft, { recursive: true, force: true });
  }
}

/** Removes the drafts of builders that were killed and all but the newest entries. */
export async function sweep(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  const entries: { readonly path: string; readonly usedMs: number }[] = [];
  for (const name of names) {
    const path = join(parent, name);
    const pid = /^\.draft-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) await rm(path, { recursive: true, force: true });
    const found = pid === undefined ? await stat(path).catch(() => undefined) : undefined;
    if (found !== undefined) entries.push({ path, usedMs: found.mtimeMs });
  }
  entries.sort((a, b) => b.usedMs - a.usedMs);
  for (const { path } of entries.slice(keptPerImage)) await rm(path, { recursive: true, force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "EPERM";
  }
}
