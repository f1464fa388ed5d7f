import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { cacheRoot } from "../toolchain/cache-root";
import { archiveName, findCached, makeDraft, publish, recordPath, sweep } from "./cache";
import type { CachedImage } from "./cache";
import { digestOf, digestOfBytes } from "./oci/content";
import { archiveBytes, assembleImage } from "./oci/image";
import { normalise } from "./oci/tar";
import type { TarEntry } from "./oci/tar";
import { nonRootId } from "./recipe";
import type { ImagePlan, ImageRecipe } from "./recipe";

/** Host part of every image built here. No registry answers to it: an image that was not imported cannot be pulled by mistake. */
export const registryName = "agentic-flow.local";

export interface BuiltImage {
  readonly name: string;
  /** `agentic-flow.local/<name>@sha256:<manifest digest>`. */
  readonly reference: string;
  /** OCI image layout as one tar. */
  readonly archivePath: string;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  /** Of all layers, uncompressed. */
  readonly sizeBytes: number;
  /** False when it was in the cache. */
  readonly built: boolean;
}

export interface BuildOptions {
  readonly signal?: AbortSignal;
  /** @default cacheRoot() */
  readonly cacheDirectory?: string;
}

/** Raised when what is built, or how it is written down, changes for equal inputs. */
const formatVersion = 1;

const tagDigits = 12;

/**
 * Builds an image, or finds it in the cache: `<cache>/images/<name>/<key>/`, where the key is the digest of
 * everything that goes in. The entry appears by one rename, so a build that is killed leaves no half of it,
 * and two builds at once end with one entry.
 *
 * Errors: the recipe's own; an image over its size limit; a full disk (nothing is left behind).
 */
export async function buildImage(recipe: ImageRecipe, o: BuildOptions = {}): Promise<BuiltImage> {
  const { signal } = o;
  signal?.throwIfAborted();
  const plan = await recipe.plan({ signal });
  const sizeBytes = checkSize(recipe.name, plan);
  const key = await contentKey(recipe.name, plan, signal);
  const parent = join(o.cacheDirectory ?? cacheRoot(), "images", recipe.name);
  const directory = join(parent, key);

  const cached = await findCached(directory, signal);
  if (cached !== undefined) return describe(recipe.name, directory, cached, false);

  await mkdir(parent, { recursive: true });
  const draft = await makeDraft(parent);
  try {
    const record = await writeImage(recipe.name, plan, key, sizeBytes, draft, signal);
    await publish(draft, directory);
    await sweep(parent);
    return describe(recipe.name, directory, record, true);
  } catch (cause) {
    signal?.throwIfAborted();
    throw new Error(`image ${recipe.name} could not be built below ${parent}: ${message(cause)}`, { cause });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function writeImage(
  name: string, plan: ImagePlan, key: string, sizeBytes: number, draft: string, signal?: AbortSignal,
): Promise<CachedImage> {
  const image = await assembleImage(plan.layers, {
    entrypoint: plan.entrypoint,
    user: `${String(nonRootId)}:${String(nonRootId)}`,
    workingDirectory: plan.workingDirectory,
    environment: plan.environment,
    labels: {
      ...plan.labels,
      "org.opencontainers.image.title": plan.title,
      "org.opencontainers.image.version": plan.version ?? key.slice(0, tagDigits),
      "org.opencontainers.image.revision": key,
    },
  }, signal);
  const names = [referenceTo(name, image.digest), `${registryName}/${name}:${key.slice(0, tagDigits)}`];
  const archivePath = join(draft, archiveName);
  const hash = createHash("sha256");
  const hashed = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };
  await pipeline(archiveBytes(image, names, signal), hashed, createWriteStream(archivePath), { signal });
  const record: CachedImage = { digest: image.digest, archiveDigest: `sha256:${hash.digest("hex")}`, sizeBytes };
  await writeFile(recordPath(draft), JSON.stringify(record));
  return record;
}

/** Digest of everything that goes into the image: its settings, and each file's path, mode and bytes. */
async function contentKey(name: string, plan: ImagePlan, signal?: AbortSignal): Promise<string> {
  const { layers, title, version, entrypoint, environment, workingDirectory, labels } = plan;
  const settings = { title, version, entrypoint, environment, workingDirectory, labels };
  const contents: unknown[] = [];
  for (const layer of layers) {
    const members: unknown[] = [];
    for (const entry of normalise(layer)) members.push(await fingerprint(entry, signal));
    contents.push(members);
  }
  const text = JSON.stringify({ formatVersion, name, arch: process.arch, settings, contents });
  return digestOfBytes(text).digest.slice("sha256:".length);
}

async function fingerprint(entry: TarEntry, signal?: AbortSignal): Promise<unknown> {
  if (entry.kind !== "file") return entry;
  const { digest } = await digestOf(entry.content.open(), signal);
  return { kind: entry.kind, path: entry.path, mode: entry.mode, digest };
}

function checkSize(name: string, plan: ImagePlan): number {
  const files = plan.layers.flat().filter((entry) => entry.kind === "file");
  const sizeBytes = files.reduce((sum, entry) => sum + entry.content.sizeBytes, 0);
  if (sizeBytes > plan.sizeLimitBytes) {
    const largest = files.sort((a, b) => b.content.sizeBytes - a.content.sizeBytes).slice(0, 3)
      .map((entry) => `/${entry.path} ${megabytes(entry.content.sizeBytes)}`);
    throw new Error(`image ${name} holds ${megabytes(sizeBytes)}, over its limit of ${megabytes(plan.sizeLimitBytes)}; largest: ${largest.join(", ")}`);
  }
  return sizeBytes;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function referenceTo(name: string, digest: string): string {
  return `${registryName}/${name}@${digest}`;
}

function describe(name: string, directory: string, image: CachedImage, built: boolean): BuiltImage {
  return {
    name,
    reference: referenceTo(name, image.digest),
    archivePath: join(directory, archiveName),
    digest: image.digest,
    sizeBytes: image.sizeBytes,
    built,
  };
}

function message(cause: unknown): string {
  if ((cause as NodeJS.ErrnoException | undefined)?.code === "ENOSPC") {
    return "the disk is full; free some space, or name a folder on another disk in AGENTIC_FLOW_CACHE";
  }
  return cause instanceof Error ? cause.message : String(cause);
}
