import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { cacheRoot } from "./cache-root";
import type { ToolDefinition } from "./definition";
import { findOnPath } from "./search-path";
import { type Binary, tools } from "./tools";

/** User and group without rights that {@link asOrdinaryUser} shows to a program: `nobody`. */
const ordinaryId = 65534;

/** What can be replaced, for tests. */
export interface FindBuiltOptions {
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  /** @default cacheRoot() */
  readonly root?: string;
}

/** Variable that names a program by hand, such as `AGENTIC_FLOW_REDIS_SERVER`. */
export function overrideVariable(binary: string): string {
  return `AGENTIC_FLOW_${binary.toUpperCase().replaceAll("-", "_")}`;
}

/**
 * Absolute path of a program that is there already, for tests that want a real engine but must not wait for a build:
 * the one that its variable names, else the newest of the cache, else the one on PATH. Undefined if there is none.
 *
 * Entries of older keys count: a test wants an engine of about this kind. What runs regions asks `ensureToolchain`.
 */
export function findBuilt(binary: Binary, options: FindBuiltOptions = {}): string | undefined {
  const env = options.env ?? process.env;
  const named = env[overrideVariable(binary)];
  if (named !== undefined && named !== "") return existsSync(named) ? named : undefined;
  return newestBuilt(binary, options.root ?? cacheRoot()) ?? findOnPath(binary, [], env["PATH"]);
}

/** Says in a test why it tested nothing, and what to do. */
export function notBuilt(binary: Binary): string {
  const modes = toolOf(binary)?.modes ?? [];
  return `no ${binary} was found, so nothing here was tested: set ${overrideVariable(binary)} to one, or build it with 'npm run toolchain -- --mode ${modes[0] ?? "node"}'`;
}

/**
 * The command line that runs a program under another user number, with the same files in reach. PostgreSQL refuses to
 * run as root, and an ordinary user could not read a cache below root's home. As an ordinary user it is the program itself.
 */
export function asOrdinaryUser(command: string, args: readonly string[], userId = process.getuid?.()): readonly [string, ...string[]] {
  if (userId !== 0) return [command, ...args];
  return ["unshare", `--map-user=${ordinaryId}`, `--map-group=${ordinaryId}`, command, ...args];
}

function newestBuilt(binary: Binary, root: string): string | undefined {
  const tool = toolOf(binary);
  const folder = join(root, "toolchain", tool?.name ?? "");
  if (tool === undefined || !existsSync(folder)) return undefined;
  return readdirSync(folder)
    .filter((name) => !name.startsWith("."))
    .map((key) => join(folder, key, "bin", binary))
    .filter(existsSync)
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
}

function toolOf(binary: Binary): ToolDefinition | undefined {
  return tools.find((tool) => (tool.provides as readonly string[]).includes(binary));
}
