import { chmod, copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ModulePatch } from "../definition";
import { ToolchainError } from "../errors";

/**
 * Copies a module out of the (read-only) module cache and edits the copy.
 *
 * Tests and their data are left behind: they are most of the files and none of the binary.
 * Throws `definition-invalid` naming every edit that does not match exactly once: then the module
 * is not the one that the patch was written for.
 */
export async function writePatchedModule(patch: ModulePatch, sourceDirectory: string, targetDirectory: string): Promise<void> {
  if (patch.folders === undefined) {
    await copyTree(sourceDirectory, targetDirectory, true);
  } else {
    await copyTree(sourceDirectory, targetDirectory, false);
    for (const folder of patch.folders) await copyTree(join(sourceDirectory, folder), join(targetDirectory, folder), false);
  }
  for (const path of patch.remove ?? []) await rm(join(targetDirectory, path), { recursive: true });
  for (const [path, text] of Object.entries(patch.add ?? {})) await writeFile(join(targetDirectory, path), text, { flag: "wx" });
  const problems: string[] = [];
  for (const edit of patch.edits ?? []) {
    const path = join(targetDirectory, edit.file);
    // The module cache is read-only, and copies keep their mode.
    await chmod(path, 0o644);
    const before = await readFile(path, "utf8");
    const pattern = edit.find instanceof RegExp ? new RegExp(edit.find.source, `${edit.find.flags.replace("g", "")}g`) : undefined;
    const matches = pattern === undefined ? before.split(edit.find as string).length - 1 : [...before.matchAll(pattern)].length;
    if (matches !== 1) {
      problems.push(`${patch.module} ${edit.file}: ${String(edit.find)} matches ${matches} times, must match once`);
      continue;
    }
    await writeFile(path, before.replace(pattern ?? edit.find, () => edit.replace));
  }
  if (problems.length > 0) {
    throw new ToolchainError("definition-invalid", `the patch does not fit the module's version; adapt toolchain/patches.ts:\n${problems.join("\n")}`);
  }
}

async function copyTree(from: string, to: string, deep: boolean): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (entry.isDirectory()) {
      if (deep && entry.name !== "testdata") await copyTree(join(from, entry.name), join(to, entry.name), true);
    } else if (!entry.name.endsWith("_test.go")) {
      await copyFile(join(from, entry.name), join(to, entry.name));
    }
  }
}
