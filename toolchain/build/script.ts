import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { BuildContext, ScriptBuild } from "../definition";

/** Writes the scripts and files as they stand. */
export async function buildScripts(build: ScriptBuild, context: BuildContext): Promise<void> {
  for (const [name, text] of Object.entries(build.scripts)) {
    await writeFile(join(context.binDirectory, name), text, { mode: 0o755 });
  }
  for (const [path, text] of Object.entries(build.files ?? {})) {
    const target = join(context.outputDirectory, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, text);
  }
}
