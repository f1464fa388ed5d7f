import { once } from "node:events";
import { posix } from "node:path";
import { pack } from "tar-stream";
import type { Header, Pack } from "tar-stream";
import type { Content } from "./content";

/** One member of a tar. Owner, group and time are always zero: they would make equal images unequal. */
export type TarEntry =
  | { readonly kind: "directory"; readonly path: string; readonly mode: number }
  | { readonly kind: "file"; readonly path: string; readonly mode: number; readonly content: Content }
  | { readonly kind: "symlink"; readonly path: string; readonly target: string };

export const directoryMode = 0o755;

/** A file of an image. `path` is absolute in the image. */
export function file(path: string, mode: number, content: Content): TarEntry {
  return { kind: "file", path: inside(path), mode, content };
}

/** A symbolic link of an image. `target` is taken as it stands. */
export function symlink(path: string, target: string): TarEntry {
  return { kind: "symlink", path: inside(path), target };
}

/** A directory of an image. Parents of files need not be named: they are added with mode 0755. */
export function directory(path: string, mode: number): TarEntry {
  return { kind: "directory", path: inside(path), mode };
}

/**
 * Sorts the entries by path, adds missing parents, and refuses a path named twice:
 * the later one would silently win when the layer is unpacked.
 */
export function normalise(entries: readonly TarEntry[]): TarEntry[] {
  const byPath = new Map<string, TarEntry>();
  for (const entry of entries) {
    const known = byPath.get(entry.path);
    if (known !== undefined) throw new Error(`layer path /${entry.path} is named twice; give each file one path`);
    byPath.set(entry.path, entry);
  }
  for (const entry of entries) {
    for (let parent = posix.dirname(entry.path); parent !== "."; parent = posix.dirname(parent)) {
      const known = byPath.get(parent);
      if (known === undefined) byPath.set(parent, { kind: "directory", path: parent, mode: directoryMode });
      else if (known.kind !== "directory") {
        throw new Error(`layer path /${entry.path} lies below /${parent}, which is a ${known.kind}, not a directory`);
      }
    }
  }
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The bytes of a tar with these entries in the order given; the same entries always give the same bytes. */
export async function* tarBytes(entries: readonly TarEntry[], signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const tar = pack();
  const feeding = feed(tar, entries, signal).catch((cause: unknown) => {
    tar.destroy(cause instanceof Error ? cause : new Error(String(cause)));
  });
  try {
    for await (const chunk of tar as AsyncIterable<Uint8Array>) yield chunk;
  } finally {
    tar.destroy();
    await feeding;
  }
}

async function feed(tar: Pack, entries: readonly TarEntry[], signal?: AbortSignal): Promise<void> {
  for (const entry of entries) {
    signal?.throwIfAborted();
    if (entry.kind === "file") await feedFile(tar, entry.path, entry.mode, entry.content, signal);
    else if (entry.kind === "directory") tar.entry({ ...header(`${entry.path}/`, entry.mode), type: "directory" });
    else tar.entry({ ...header(entry.path, 0o777), type: "symlink", linkname: entry.target });
  }
  tar.finalize();
}

async function feedFile(tar: Pack, path: string, mode: number, content: Content, signal?: AbortSignal): Promise<void> {
  const sink = tar.entry({ ...header(path, mode), type: "file", size: content.sizeBytes });
  // When the tar is destroyed it destroys this sink with the same error, which its reader gets; here it would be uncaught.
  sink.on("error", () => undefined);
  const closed = new AbortController();
  sink.once("close", () => closed.abort(new Error(`writing ${path} into the tar was stopped`)));
  let written = 0;
  for await (const chunk of content.open()) {
    signal?.throwIfAborted();
    written += chunk.byteLength;
    if (written > content.sizeBytes) break;
    if (!sink.write(chunk)) await once(sink, "drain", { signal: closed.signal });
  }
  if (written !== content.sizeBytes) {
    throw new Error(`${path} has changed while it was read: ${String(content.sizeBytes)} bytes were announced, ${String(written)} or more came; run again`);
  }
  const finished = once(sink, "finish");
  sink.end(null);
  await finished;
}

function header(name: string, mode: number): Partial<Header> & Pick<Header, "name"> {
  return { name, mode, uid: 0, gid: 0, uname: "", gname: "", mtime: new Date(0) };
}

function inside(path: string): string {
  const clean = posix.normalize(path);
  if (!clean.startsWith("/") || clean === "/") throw new Error(`image path "${path}" must be absolute and not the root itself`);
  return clean.slice(1).replace(/\/$/, "");
}
