import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

/** Raised when an older restore could not read what is written. */
const FORMAT = 1;
const MANIFEST_FILE = "manifest.json";

/** The backup of one store. */
export interface StoreEntry {
  readonly store: string;
  /** Name of its file, beside the manifest. */
  readonly file: string;
  readonly sizeBytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
  /** What the store's program says of itself, such as `18.6`. */
  readonly version: string;
}

/** What a backup holds. It is written last: a folder without it is no backup. */
export interface Manifest {
  readonly format: number;
  readonly region: string;
  /** RFC 3339. */
  readonly time: string;
  readonly stores: readonly StoreEntry[];
}

export async function describeFile(directory: string, file: string): Promise<Pick<StoreEntry, "file" | "sizeBytes" | "sha256">> {
  const path = join(directory, file);
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return { file, sizeBytes: (await stat(path)).size, sha256: hash.digest("hex") };
}

export async function writeManifest(directory: string, region: string, stores: readonly StoreEntry[], now = new Date()): Promise<void> {
  const manifest: Manifest = { format: FORMAT, region, time: now.toISOString(), stores };
  await writeFile(join(directory, MANIFEST_FILE), `${JSON.stringify(manifest, undefined, 2)}\n`, { mode: 0o600 });
}

/**
 * Reads a manifest and every file that it names.
 *
 * @param versions What runs in the region now, by store; a store that is not there is undefined.
 * @returns Everything that speaks against restoring it.
 */
export async function checkBackup(directory: string, versions: Readonly<Record<string, string | undefined>>): Promise<string[]> {
  const path = join(directory, MANIFEST_FILE);
  let manifest: Partial<Manifest>;
  try {
    manifest = JSON.parse(await readFile(path, "utf8")) as Partial<Manifest>;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [`'${path}' cannot be read (${reason}): name the folder of a backup that came to its end`];
  }
  const { format, stores } = manifest;
  if (format !== FORMAT || stores === undefined) {
    return [`'${path}' has format ${String(format)}, this version reads ${FORMAT}: restore it with the version that wrote it`];
  }
  const problems: string[] = [];
  for (const entry of stores) {
    problems.push(...(await fileProblems(directory, entry)));
    const running = versions[entry.store];
    if (running === undefined) problems.push(`the backup holds ${entry.store}, which the region has not: deploy a service that needs it first`);
    else if (majorOf(running) !== majorOf(entry.version)) {
      problems.push(`the backup is of ${entry.store} ${entry.version} and the region runs ${running}: restore it with the same major version, then upgrade`);
    }
  }
  for (const [store, version] of Object.entries(versions)) {
    if (version !== undefined && !stores.some((entry) => entry.store === store)) {
      problems.push(`the region has ${store}, which the backup does not hold: stores of different times do not fit together`);
    }
  }
  return problems;
}

async function fileProblems(directory: string, entry: StoreEntry): Promise<string[]> {
  if (entry.file.includes("/")) return [`the manifest names '${entry.file}', which is not beside it`];
  try {
    const found = await describeFile(directory, entry.file);
    if (found.sha256 === entry.sha256 && found.sizeBytes === entry.sizeBytes) return [];
    return [`'${entry.file}' is not what was backed up (${found.sizeBytes} bytes, SHA-256 ${found.sha256}; the manifest says ${entry.sizeBytes} bytes, ${entry.sha256}): take another copy of it`];
  } catch (error) {
    return [`'${entry.file}' cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)}): take another copy of it`];
  }
}

function majorOf(version: string): string {
  return version.split(".")[0] ?? version;
}
