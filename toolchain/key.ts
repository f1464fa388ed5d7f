import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { goBuildArgs, goModulesDirectory } from "./build/go";
import type { Build, GoBuild, ToolDefinition } from "./definition";

/** Hex digits of a key; 80 bits are plenty for a handful of entries. */
const keyLength = 20;

/** Raised when a builder changes what it makes out of the same definition. */
const builderRevisions: Readonly<Record<Build["kind"], number>> = { go: 1, debian: 1, wheel: 1, npm: 1, script: 1, custom: 1 };

/** What a key depends on besides the definition. */
export interface KeyFacts {
  /** Version of the Go compiler, such as `go1.26.8`. */
  readonly goVersion: string | undefined;
  /** Distribution and release, for programs that are linked against its libraries. */
  readonly distribution: string;
  readonly platform: string;
  /** Folder with the committed modules. @default toolchain/go */
  readonly goModules?: string;
}

/**
 * Names the content of a tool: its definition, the committed files of its modules, the compiler.
 * Nothing in it depends on where the clone is or when it was made.
 */
export function toolKey(tool: ToolDefinition, facts: KeyFacts): string {
  const hash = createHash("sha256");
  const add = (label: string, text: string | Buffer) => hash.update(`${label} ${text.length}\n`).update(text);
  add("tool", `${tool.name} ${tool.version} ${tool.provides.join(" ")}`);
  add("platform", facts.platform);
  for (const build of tool.builds) {
    add("build", stableText(build));
    add("builder", String(builderRevisions[build.kind]));
    if (build.kind === "go") {
      add("go", `${facts.goVersion ?? "none"} ${goBuildArgs(build, "bin").join(" ")}`);
      const folder = join(facts.goModules ?? goModulesDirectory, build.folder);
      for (const path of sourcesOf(build, folder)) add(path, readFileSync(join(folder, path)));
    }
    if (build.kind === "debian" || (build.kind === "go" && build.library !== undefined)) add("distribution", facts.distribution);
  }
  return hash.digest("hex").slice(0, keyLength);
}

/** JSON with sorted keys; patterns as their source, without what does not change the result. */
function stableText(build: Build): string {
  return JSON.stringify(build, (name, value: unknown) => {
    if (name === "prerequisites") return undefined;
    if (value instanceof RegExp) return String(value);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** The pins, and the mains of our own that this build compiles; not those of other tools of the same module. */
function sourcesOf(build: GoBuild, folder: string): string[] {
  const own = build.packages.filter((path) => path.startsWith("./")).map((path) => path.slice(2));
  return ["go.mod", "go.sum", ...own.flatMap((path) => readdirSync(join(folder, path)).sort().map((name) => join(path, name)))];
}
