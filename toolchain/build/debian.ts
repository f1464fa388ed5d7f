import { copyFile, cp, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BuildContext, DebianBuild } from "../definition";
import { unpackedFolder } from "../entry";
import { ToolchainError } from "../errors";
import { run } from "../run";

/** The only parts of the packages that programs need; documentation stays behind. */
const keptFolders = ["lib", "usr/lib", "sbin", "usr/sbin", "bin", "usr/bin"];

/** Fetches packages and unpacks them below the work folder; nothing is installed, nothing of them is run. */
export async function unpackDebian(packages: readonly string[], context: BuildContext): Promise<string> {
  const { workDirectory, env, signal } = context;
  const state = join(workDirectory, "apt");
  const downloads = join(workDirectory, "downloads");
  const unpacked = join(workDirectory, "unpacked");
  for (const folder of ["state/lists/partial", "cache/archives/partial"]) await mkdir(join(state, folder), { recursive: true });
  await mkdir(downloads);
  await mkdir(unpacked);
  const settings = [
    `Dir::State=${join(state, "state")}`,
    `Dir::Cache=${join(state, "cache")}`,
    // The machine's own list of installed packages is only read.
    "Dir::State::status=/var/lib/dpkg/status",
    // apt's sandbox user could not write below a home directory.
    `APT::Sandbox::User=${userName()}`,
  ].flatMap((setting) => ["-o", setting]);
  await run("apt-get", [...settings, "-q", "update"], { cwd: downloads, env, signal });
  await run("apt-get", [...settings, "-q", "download", ...packages], { cwd: downloads, env, signal });
  for (const archive of await readdir(downloads)) {
    await run("dpkg-deb", ["-x", join(downloads, archive), unpacked], { cwd: downloads, env, signal });
  }
  return unpacked;
}

/**
 * Fetches packages with the machine's own apt, unpacks them (nothing is installed, nothing is run)
 * and writes a wrapper for each program, which may also come from an earlier build of the entry. The versions are those of the machine's distribution: the
 * libraries must fit its C library, so they cannot be pinned by us; apt verifies their signatures.
 */
export async function buildFromDebian(build: DebianBuild, context: BuildContext): Promise<void> {
  const unpacked = await unpackDebian(build.packages, context);
  if (build.static) {
    for (const [name, program] of Object.entries(build.programs)) await copyFile(join(unpacked, program), join(context.binDirectory, name));
    return;
  }
  const root = join(context.outputDirectory, unpackedFolder);
  for (const folder of [...keptFolders, ...(build.folders ?? [])]) {
    if (await exists(join(unpacked, folder))) {
      await cp(join(unpacked, folder), join(root, folder), { recursive: true, verbatimSymlinks: true });
    }
  }
  const libraries = [...(build.libraryFolders ?? []), ...(await libraryFolders(root))];
  for (const [name, command] of Object.entries(build.programs)) {
    await writeFile(join(context.binDirectory, name), wrapper(command, libraries, build.plugins), { mode: 0o755 });
  }
}

/** Folders with shared libraries, relative to the root: the multiarch ones that exist. */
async function libraryFolders(root: string): Promise<string[]> {
  const found: string[] = [];
  for (const base of ["usr/lib", "lib"]) {
    if (!(await exists(join(root, base)))) continue;
    for (const entry of await readdir(join(root, base), { withFileTypes: true })) {
      if (entry.isDirectory() && entry.name.includes("-linux-")) found.push(`${base}/${entry.name}`);
    }
  }
  if (found.length === 0) throw new ToolchainError("build-failed", `the Debian packages hold no library folder below ${root}`);
  return found;
}

function wrapper(command: string, libraries: readonly string[], plugins: DebianBuild["plugins"]): string {
  const variables = [
    `LD_LIBRARY_PATH=${libraries.map((folder) => `"$root/${folder}"`).join(":")}`,
    ...(plugins === undefined ? [] : [`${plugins.variable}="$root/${libraries[0] ?? ""}/${plugins.folder}"`]),
  ];
  // The place is found at run time, so that the cache may be moved.
  return `#!/bin/sh\nself=$(readlink -f "$0")\nroot=\${self%/bin/*}/root\n${variables.join(" ")} exec "$root/"${command} "$@"\n`;
}

function userName(): string {
  return process.getuid?.() === 0 ? "root" : (process.env["USER"] ?? "root");
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
