import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import type { BuildContext, GoBuild } from "../definition";
import { ToolchainError } from "../errors";
import { run } from "../run";
import { unpackDebian } from "./debian";
import { writePatchedModule } from "./module-patch";

/** Where the committed modules are. */
export const goModulesDirectory = join(__dirname, "..", "go");

/** Name of the binary that Go gives to a package. */
export function binaryName(packagePath: string): string {
  return posix.basename(packagePath);
}

/**
 * Arguments of every build. Nobody attaches a debugger to these: `-s -w` leaves its tables out of the
 * binary (a third of the size), `-dwarf=false` does not even make them (8 % of the time).
 */
export function goBuildArgs(build: GoBuild, binDirectory: string): string[] {
  const variables = Object.entries(build.variables ?? {}).map(([name, value]) => `-X ${name}=${value}`);
  const linker = ["-s -w", ...variables].join(" ");
  return [
    "build",
    "-gcflags=all=-dwarf=false",
    `-ldflags=${linker}`,
    ...(build.tags === undefined ? [] : [`-tags=${build.tags.join(",")}`]),
    "-o",
    `${binDirectory}/`,
    ...build.packages,
  ];
}

/**
 * The environment of every go command: what a user has set must not change what is built. The
 * checksum database is not asked because go.sum is complete and `-mod=readonly` keeps it so.
 */
export function goEnvironment(build: Pick<GoBuild, "cgo">, base: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(base).filter(([name]) => !/^(GOFLAGS|GOWORK|GOOS|GOARCH|GOAMD64|GOARM64|GOEXPERIMENT|CGO_\w+)$/.test(name));
  return {
    ...Object.fromEntries(kept),
    // -trimpath keeps the place of the clone out of the binaries.
    GOFLAGS: "-mod=readonly -trimpath -buildvcs=false",
    GOWORK: "off",
    GOTOOLCHAIN: "local",
    CGO_ENABLED: build.cgo ? "1" : "0",
  };
}

/**
 * Fetches a C library's headers and archive, and writes what cgo asks where they are. Only the archive is kept, so
 * that the library ends up inside the binary and the machine need not have it.
 */
async function fetchLibrary(library: NonNullable<GoBuild["library"]>, context: BuildContext): Promise<string> {
  const root = await unpackDebian([library.package], context);
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  for (const shared of entries.filter((entry) => /\.so(\.|$)/.test(entry.name))) await rm(join(shared.parentPath, shared.name));
  const archive = entries.find((entry) => entry.name === `lib${library.name}.a`);
  if (archive === undefined) throw new ToolchainError("build-failed", `the package ${library.package} holds no lib${library.name}.a`);
  const script = join(context.workDirectory, "pkg-config");
  await writeFile(
    script,
    `#!/bin/sh\ncase "$*" in *--cflags*) echo "-I${root}/usr/include" ;; *--libs*) echo "-L${archive.parentPath} -l${library.name}" ;; esac\n`,
    { mode: 0o755 },
  );
  return script;
}

/** Builds the packages of one module into `binDirectory`. Throws as {@link run} does. */
export async function buildGo(build: GoBuild, context: BuildContext): Promise<void> {
  const { workDirectory, signal } = context;
  const moduleDirectory = join(workDirectory, "module");
  await cp(join(goModulesDirectory, build.folder), moduleDirectory, { recursive: true });
  const env = {
    ...goEnvironment(build, context.env),
    ...(build.library === undefined ? {} : { PKG_CONFIG: await fetchLibrary(build.library, context) }),
  };
  const go = (args: readonly string[]) => run("go", args, { cwd: moduleDirectory, env, signal });

  const directories = new Map<string, string>();
  const directoryOf = async (module: string): Promise<string> => {
    const known = directories.get(module);
    if (known !== undefined) return known;
    const downloaded = JSON.parse(await go(["mod", "download", "-json", module])) as { Dir?: string };
    if (downloaded.Dir === undefined) throw new ToolchainError("build-failed", `go mod download gave no folder for ${module}`);
    directories.set(module, downloaded.Dir);
    return downloaded.Dir;
  };

  for (const file of build.files ?? []) {
    const target = join(moduleDirectory, file.to);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, await readFile(join(await directoryOf(file.module), file.from)));
  }
  for (const patch of build.patches ?? []) {
    const target = join(workDirectory, "patched", patch.module);
    await writePatchedModule(patch, await directoryOf(patch.module), target);
    await go(["mod", "edit", `-replace=${patch.module}=${target}`]);
  }
  await go(goBuildArgs(build, context.binDirectory));
}
