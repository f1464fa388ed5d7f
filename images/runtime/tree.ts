import { readdir, readlink, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileContent } from "../oci/content";
import { file, symlink } from "../oci/tar";
import type { TarEntry } from "../oci/tar";

const readable = 0o644;
const executable = 0o755;

/**
 * Every file and link below a folder, for an image. Modes are reduced to what may be run and what may not: others differ
 * between machines. A link that leaves the folder is an error; it would point at something else in the image.
 *
 * @param target Absolute folder in the image.
 * @param keep Whether a path, relative to the folder, goes in. @default everything
 */
export async function treeEntries(folder: string, target: string, keep: (path: string) => boolean = () => true): Promise<TarEntry[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const entries: TarEntry[] = [];
  for (const entry of found) {
    const path = join(entry.parentPath, entry.name);
    const inside = relative(folder, path);
    if (entry.isDirectory() || !keep(inside)) continue;
    if (entry.isSymbolicLink()) {
      const link = await readlink(path);
      if (link.startsWith("/") || relative(folder, join(entry.parentPath, link)).startsWith("..")) {
        throw new Error(`${path} is a link to ${link}, which is outside of ${folder}; leave it out or take what it points at`);
      }
      entries.push(symlink(join(target, inside), link));
      continue;
    }
    const { mode, size } = await stat(path);
    entries.push(file(join(target, inside), (mode & 0o111) === 0 ? readable : executable, fileContent(path, size)));
  }
  return entries;
}
