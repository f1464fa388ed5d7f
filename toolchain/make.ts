import { mkdir, readdir, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { runBuild } from "./build";
import type { ToolDefinition } from "./definition";
import { entryDirectory, type Manifest, publish, readEntry, writeManifest } from "./entry";
import { systemErrorCode, ToolchainError } from "./errors";
import { isAlive, type Owner, thisProcess, withLock } from "./lock";

const temporaryPrefix = ".tmp-";

/** Options of {@link makeEntry}. */
export interface MakeOptions {
  readonly signal?: AbortSignal;
  /** Called while another process builds the same entry. */
  readonly onWait?: (holder: Owner) => void;
}

/**
 * Builds a tool into its entry, unless another process has done so meanwhile.
 *
 * Everything is made in a temporary folder beside the entry and moved into place when it is whole;
 * what earlier builders left behind when they were killed is swept away. Failures leave nothing.
 */
export async function makeEntry(root: string, tool: ToolDefinition, key: string, options: MakeOptions): Promise<Manifest> {
  const directory = entryDirectory(root, tool.name, key);
  const folder = join(root, "toolchain", tool.name);
  try {
    await mkdir(folder, { recursive: true });
    return await withLock(
      join(folder, `${key}.lock`),
      async () => {
        const existing = await readEntry(directory, key, tool.provides);
        if (existing !== undefined) return existing;
        await sweep(folder);
        return await build(folder, directory, tool, key, options.signal);
      },
      options,
    );
  } catch (error) {
    throw await describe(error, tool, folder);
  }
}

async function build(folder: string, directory: string, tool: ToolDefinition, key: string, signal?: AbortSignal): Promise<Manifest> {
  const temporary = join(folder, temporaryName(thisProcess()));
  const [workDirectory, outputDirectory] = [join(temporary, "work"), join(temporary, "entry")];
  const binDirectory = join(outputDirectory, "bin");
  const temporaryFiles = join(temporary, "files");
  const started = Date.now();
  try {
    await mkdir(binDirectory, { recursive: true });
    await mkdir(temporaryFiles);
    // A killed compiler leaves its files; here they are found and swept.
    const env = { ...process.env, TMPDIR: temporaryFiles, GOTMPDIR: temporaryFiles };
    for (const step of tool.builds) {
      await rm(workDirectory, { recursive: true, force: true });
      await mkdir(workDirectory);
      await runBuild(step, { workDirectory, outputDirectory, binDirectory, env, signal });
    }
    if (signal?.aborted) throw new ToolchainError("aborted", `the build of ${tool.name} was stopped`);
    const manifest = await writeManifest(outputDirectory, {
      tool: tool.name,
      version: tool.version,
      key,
      builtAt: new Date(started).toISOString(),
      buildMs: Date.now() - started,
    });
    const missing = tool.provides.filter((name) => !manifest.files.some((file) => file.path === join("bin", name)));
    if (missing.length > 0) throw new ToolchainError("build-failed", `the build of ${tool.name} made no ${missing.join(", ")}`);
    await publish(outputDirectory, directory);
    return manifest;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** The name tells whose it is, so that a later builder knows what may go. */
function temporaryName(owner: Owner): string {
  return `${temporaryPrefix}${owner.pid}-${owner.started ?? "0"}-${Math.random().toString(36).slice(2, 8)}`;
}

async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const owner = /^\.tmp-(\d+)-(\d+)-/.exec(name);
    if (owner === null) continue;
    const [, pid, started] = owner;
    if (isAlive({ pid: Number(pid), started: started === "0" ? undefined : started })) continue;
    // The compiler of a killed builder may still be writing.
    await rm(join(folder, name), { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Turns what went wrong into one error that says what to do. */
async function describe(error: unknown, tool: ToolDefinition, folder: string): Promise<ToolchainError> {
  const full = systemErrorCode(error) === "ENOSPC" || (error instanceof ToolchainError && error.code === "disk-full");
  const text = error instanceof Error ? error.message : String(error);
  if (full) {
    const free = await freeMebibytes(folder);
    return new ToolchainError(
      "disk-full",
      `the disk is full while building ${tool.name}: ${free} MiB free at ${folder} after what was half made was removed; free some space, or set AGENTIC_FLOW_CACHE (and GOCACHE) to a larger disk. ${text}`,
      { cause: error },
    );
  }
  if (error instanceof ToolchainError) {
    return error.code === "aborted" ? error : new ToolchainError(error.code, `${tool.name} ${tool.version}: ${error.message}`, { cause: error });
  }
  return new ToolchainError("build-failed", `${tool.name} ${tool.version}: ${text} (in ${folder})`, { cause: error });
}

async function freeMebibytes(folder: string): Promise<string> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return String(Math.floor((bavail * bsize) / 2 ** 20));
  } catch {
    return "unknown";
  }
}
