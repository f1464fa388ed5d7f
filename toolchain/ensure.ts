import { realpathSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { cacheRoot } from "./cache-root";
import type { Mode, ToolDefinition } from "./definition";
import { binaryPath, entryDirectory, type Manifest, readEntry, unpackedFolder } from "./entry";
import { ToolchainError } from "./errors";
import { type KeyFacts, toolKey } from "./key";
import { makeEntry } from "./make";
import { goVersion, requirePrerequisites } from "./prerequisites";
import { findOnPath } from "./search-path";

/** How often progress is told while a tool is built. */
const progressIntervalMs = 1_000;

/** Binaries of a mode, by absolute path. */
export interface Toolchain<Name extends string = string> {
  /** Throws `definition-invalid` for a binary that the mode does not contain. */
  path(binary: Name): string;
  /**
   * Folder that stands for `/` of a program that was unpacked together with its libraries, for those who pack it into an image.
   * Throws `definition-invalid` for a binary that the mode does not contain, or that is the machine's own.
   */
  root(binary: Name): string;
  /** Folders to put in front of PATH, without repetition. */
  dirsForPath(): string[];
}

/** One change of one step. */
export interface ProgressEvent {
  readonly step: number;
  readonly of: number;
  readonly tool: string;
  readonly elapsedMs: number;
  readonly state: "checking" | "building" | "ready" | "failed";
  /** Why it takes long, such as another process that builds the same. */
  readonly detail?: string;
}

/** What can be replaced, for tests. */
export interface EnsureOptions<Name extends string = string> {
  readonly signal?: AbortSignal;
  readonly onProgress?: (event: ProgressEvent) => void;
  readonly tools: readonly ToolDefinition<Name>[];
  /** @default cacheRoot() */
  readonly root?: string;
}

/** Where a tool stands on this machine. */
export type ToolState<Name extends string = string> =
  | { readonly state: "on PATH"; readonly tool: ToolDefinition<Name>; readonly paths: Readonly<Record<string, string>> }
  | { readonly state: "ready"; readonly tool: ToolDefinition<Name>; readonly key: string; readonly directory: string; readonly manifest: Manifest }
  | { readonly state: "missing"; readonly tool: ToolDefinition<Name>; readonly key: string; readonly directory: string };

/** Finds out about each tool, in order, without building anything. */
export async function inspectTools<Name extends string>(
  tools: readonly ToolDefinition<Name>[],
  root: string,
  signal?: AbortSignal,
): Promise<ToolState<Name>[]> {
  const lookup = lookupOutside(root);
  const facts = await keyFacts(tools, lookup);
  return Promise.all(
    tools.map(async (tool): Promise<ToolState<Name>> => {
      const paths = await tool.found?.find(lookup, signal);
      if (paths !== undefined) return { state: "on PATH", tool, paths };
      const key = toolKey(tool, facts);
      const directory = entryDirectory(root, tool.name, key);
      const manifest = await readEntry(directory, key, tool.provides);
      return manifest === undefined ? { state: "missing", tool, key, directory } : { state: "ready", tool, key, directory, manifest };
    }),
  );
}

/**
 * Makes everything that the mode needs available and tells where it is. What is there already costs
 * milliseconds; missing prerequisites are told all at once, before anything is built.
 */
export async function ensureTools<Name extends string>(mode: Mode, options: EnsureOptions<Name>): Promise<Toolchain<Name>> {
  const { signal } = options;
  const root = resolve(options.root ?? cacheRoot());
  const tools = options.tools.filter((tool) => tool.modes.includes(mode));
  const states = await inspectTools(tools, root, signal);
  const missing = states.filter((state) => state.state === "missing").map((state) => state.tool);
  await requirePrerequisites(missing, lookupOutside(root));
  const paths = new Map<Name, string>();
  const roots = new Map<Name, string>();
  for (const [index, state] of states.entries()) {
    const step = { step: index + 1, of: states.length, tool: state.tool.name };
    if (state.state === "missing") await makeWithProgress(root, state, step, options);
    else options.onProgress?.({ ...step, elapsedMs: 0, state: "ready" });
    for (const name of state.tool.provides) {
      const path = state.state === "on PATH" ? state.paths[name] : binaryPath(state.directory, name);
      if (path === undefined) throw new ToolchainError("definition-invalid", `the rule that finds ${state.tool.name} gave no path for ${name}`);
      paths.set(name, path);
      if (state.state !== "on PATH") roots.set(name, join(state.directory, unpackedFolder));
    }
  }
  return {
    path(binary) {
      const path = paths.get(binary);
      if (path === undefined) throw new ToolchainError("definition-invalid", `${binary} is not part of the mode ${mode}`);
      return path;
    },
    root(binary) {
      const folder = roots.get(binary);
      if (folder === undefined) throw new ToolchainError("definition-invalid", `${binary} was not unpacked here for the mode ${mode}, so it has no folder of its own`);
      return folder;
    },
    dirsForPath: () => [...new Set([...paths.values()].map((path) => dirname(path)))],
  };
}

async function makeWithProgress(
  root: string,
  state: { readonly tool: ToolDefinition; readonly key: string },
  step: Pick<ProgressEvent, "step" | "of" | "tool">,
  options: Pick<EnsureOptions, "signal" | "onProgress">,
): Promise<void> {
  const started = Date.now();
  let detail: string | undefined;
  const tell = (name: ProgressEvent["state"]) =>
    options.onProgress?.({ ...step, elapsedMs: Date.now() - started, state: name, ...(detail === undefined ? {} : { detail }) });
  tell("building");
  const timer = setInterval(() => tell("building"), progressIntervalMs);
  try {
    await makeEntry(root, state.tool, state.key, {
      signal: options.signal,
      onWait: (holder) => (detail = `waiting for process ${holder.pid}, which builds the same`),
    });
    detail = undefined;
    tell("ready");
  } catch (error) {
    tell("failed");
    throw error;
  } finally {
    clearInterval(timer);
  }
}

function lookupOutside(root: string): (command: string) => string | undefined {
  const ours = resolve(root, "toolchain");
  let real = ours;
  try {
    real = realpathSync(ours);
  } catch {
    // Nothing was built yet.
  }
  return (command) => findOnPath(command, [ours, real]);
}

async function keyFacts(tools: readonly ToolDefinition[], lookup: (command: string) => string | undefined): Promise<KeyFacts> {
  const needsGo = tools.some((tool) => tool.builds.some((build) => build.kind === "go"));
  const go = needsGo ? lookup("go") : undefined;
  return {
    goVersion: go === undefined ? undefined : await goVersion(go),
    distribution: await distribution(),
    platform: `${process.platform} ${process.arch}`,
  };
}

async function distribution(): Promise<string> {
  const text = await readFile("/etc/os-release", "utf8").catch(() => "");
  const field = (name: string) => new RegExp(`^${name}="?([^"\\n]*)`, "m").exec(text)?.[1] ?? "";
  return `${field("ID")} ${field("VERSION_ID")}`;
}
