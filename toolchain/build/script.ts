import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BuildContext, ScriptBuild } from "../definition";

/** Writes the scripts as they stand. */
export async function buildScripts(build: ScriptBuild, context: BuildContext): Promise<void> {
  for (const [name, text] of Object.entries(build.scripts)) {
    await writeFile(join(context.binDirectory, name), text, { mode: 0o755 });
  }
}
