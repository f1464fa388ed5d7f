import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { goModulesDirectory } from "./build/go";
import type { Build, ToolDefinition } from "./definition";

/** Hex digits of a key; 80 bits are plenty for a handful of entries. */
const keyLength = 20;

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
    if (build.kind === "go") {
      add("go", facts.goVersion ?? "none");
      const folder = join(facts.goModules ?? goModulesDirectory, build.folder);
      for (const path of filesBelow(folder)) add(path, readFileSync(join(folder, path)));
    }
    if (build.kind === "debian") add("distribution", facts.distribution);
  }
  return hash.digest("hex").slice(0, keyLength);
}

/** JSON with sorted keys; patterns as their source, functions left out (a custom build has its own key). */
function stableText(build: Build): string {
  return JSON.stringify(build, (_name, value: unknown) => {
    if (value instanceof RegExp) return String(value);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
