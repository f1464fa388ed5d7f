import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { extract } from "tar-stream";
import type { Header } from "tar-stream";
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";

/** A folder for one test; `remove` takes it away with all that is in it. */
export async function scratch(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await realpath(await mkdtemp(join(tmpdir(), "agentic-flow-images-")));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export async function write(path: string, text: string | Uint8Array): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return path;
}

export interface Member {
  readonly header: Header;
  readonly bytes: Buffer;
}

/** All members of a tar, in their order. */
export async function members(source: string | Uint8Array): Promise<Member[]> {
  const reader = extract();
  const stream = typeof source === "string" ? createReadStream(source) : Readable.from([source]);
  stream.pipe(reader);
  const found: Member[] = [];
  for await (const entry of reader) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    found.push({ header: entry.header, bytes: Buffer.concat(chunks) });
  }
  return found;
}

interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string; readonly size: number; readonly mediaType: string }[];
}

export interface ImageConfig {
  readonly created: string;
  readonly architecture: string;
  readonly config: {
    readonly User: string;
    readonly Entrypoint: readonly string[];
    readonly Labels: Readonly<Record<string, string>>;
  };
  readonly rootfs: { readonly diff_ids: readonly string[] };
}

export interface Index {
  readonly manifests: readonly { readonly digest: string; readonly annotations: Readonly<Record<string, string>> }[];
}

/** An archive, taken apart the way an importer does: from the index down, by digest. */
export async function readArchive(path: string): Promise<{
  readonly index: Index; readonly manifest: Manifest; readonly config: ImageConfig; readonly layers: Member[][]; readonly blobs: Member[];
}> {
  const all = await members(path);
  const find = (name: string): Buffer => {
    const member = all.find(({ header }) => header.name === name);
    if (member === undefined) throw new Error(`${path} has no ${name}`);
    return member.bytes;
  };
  const blob = (digest: string): Buffer => find(`blobs/${digest.replace(":", "/")}`);
  const index = JSON.parse(find("index.json").toString()) as Index;
  const first = index.manifests[0];
  if (first === undefined) throw new Error(`${path} has an empty index`);
  const manifest = JSON.parse(blob(first.digest).toString()) as Manifest;
  const config = JSON.parse(blob(manifest.config.digest).toString()) as ImageConfig;
  const layers = await Promise.all(manifest.layers.map((layer) => members(blob(layer.digest))));
  return { index, manifest, config, layers, blobs: all.filter(({ header }) => header.name.startsWith("blobs/")) };
}
