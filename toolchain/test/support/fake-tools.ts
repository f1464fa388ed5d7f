import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BuildContext, Mode, Prerequisite, ToolDefinition } from "../../definition";

/** Runs `use` with a new folder that is gone afterwards. */
export async function withTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "toolchain-test-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What a fake tool may differ in. */
export interface FakeToolOptions<Name extends string> {
  readonly key?: string;
  readonly modes?: readonly Mode[];
  readonly provides?: readonly Name[];
  readonly prerequisites?: readonly Prerequisite[];
  /** Called before the binaries are written. */
  readonly before?: (context: BuildContext) => Promise<void>;
}

/** A tool whose build writes small scripts, and which counts how often it was built. */
export function fakeTool<Name extends string>(
  name: Name,
  options: FakeToolOptions<Name> = {},
): { readonly tool: ToolDefinition<Name>; readonly builds: () => number } {
  let count = 0;
  const provides = options.provides ?? [name];
  const tool: ToolDefinition<Name> = {
    name,
    version: "1",
    source: "test",
    modes: options.modes ?? ["engine", "simulated", "node"],
    provides,
    builds: [
      {
        kind: "custom",
        key: options.key ?? "1",
        prerequisites: options.prerequisites ?? [],
        async run(context) {
          count++;
          await options.before?.(context);
          for (const binary of provides) {
            await writeFile(join(context.binDirectory, binary), `#!/bin/sh\necho ${binary}\n`, { mode: 0o755 });
          }
        },
      },
    ],
  };
  return { tool, builds: () => count };
}

/** Paths of all files below a folder, relative and sorted. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/** A context for a builder that is called alone. `programs` are shell scripts put in front of PATH. */
export async function builderContext(folder: string, programs: Readonly<Record<string, string>>): Promise<BuildContext> {
  const [fakes, workDirectory, outputDirectory] = [join(folder, "fakes"), join(folder, "work"), join(folder, "entry")];
  const binDirectory = join(outputDirectory, "bin");
  for (const path of [fakes, workDirectory, binDirectory]) await mkdir(path, { recursive: true });
  for (const [name, text] of Object.entries(programs)) await writeFile(join(fakes, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return { workDirectory, outputDirectory, binDirectory, env: { ...process.env, PATH: `${fakes}:${process.env["PATH"] ?? ""}` } };
}
