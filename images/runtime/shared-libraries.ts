import { execFile } from "node:child_process";
import { access, readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { fileContent } from "../oci/content";
import { file } from "../oci/tar";
import type { TarEntry } from "../oci/tar";

/** Prints what the dynamic loader would load for programs, as `ldd` does, if it looked into `folders` first. */
export type ListLibraries = (binaries: readonly string[], signal?: AbortSignal, folders?: readonly string[]) => Promise<string>;

export interface LibraryOptions {
  /** Folder that is `/` in the image: its libraries go before those of this machine. @default none */
  readonly root?: string;
  /** Folders below `root` with libraries that lie elsewhere than is usual, looked into first. @default none */
  readonly libraryFolders?: readonly string[];
  readonly list?: ListLibraries;
  readonly signal?: AbortSignal;
}

const lddTimeoutMs = 30_000;
/** Some hundred programs with thirty libraries each. */
const lddOutputBytes = 4 * 1024 * 1024;
const staticProgram = /not a dynamic executable|statically linked/;
const libraryMode = 0o755;

/**
 * Loaded by libc at run time, hence not listed by ldd: name look-up on glibc before 2.34
 * (later ones carry it inside libc) and the resolver.
 */
const loadedLate = ["libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2"];

/**
 * The C runtime that programs need, from `root` and this machine, at the paths where their loader looks for it, each
 * library once. Nothing for a statically linked program.
 *
 * Errors: a library that is not found is named, all of them at once.
 */
export async function sharedLibraries(binaries: readonly string[], o: LibraryOptions = {}): Promise<TarEntry[]> {
  const folders = o.root === undefined ? [] : [...(o.libraryFolders ?? []).map((folder) => join(o.root ?? "", folder)), ...(await multiarchFolders(o.root))];
  const { found, missing } = parseLdd(await (o.list ?? ldd)(binaries, o.signal, folders));
  if (missing.length > 0) {
    throw new Error(`${binaries.join(", ")} needs ${[...new Set(missing)].join(", ")}, which this machine does not have; install the packages that provide them`);
  }
  const libc = found.find((path) => basename(path).startsWith("libc.so"));
  const late = libc === undefined ? [] : await existing(loadedLate.map((name) => join(dirname(libc), name)));
  const places = new Map([...found, ...late].map((path) => [insideRoot(path, o.root), path]));
  return Promise.all([...places].map(async ([place, path]) => {
    const real = await realpath(path);
    return file(place, libraryMode, fileContent(real, (await stat(real)).size));
  }));
}

/** Folders below `root` in which a loader looks of itself: those of Debian's multiarch layout. */
async function multiarchFolders(root: string): Promise<string[]> {
  const bases = await existing(["usr/lib", "lib"].map((path) => join(root, path)));
  const entries = await Promise.all(bases.map((base) => readdir(base, { withFileTypes: true })));
  return entries.flat().filter((entry) => entry.isDirectory() && entry.name.includes("-linux-")).map((entry) => join(entry.parentPath, entry.name)).sort();
}

/** A program may load from beside itself by a path such as `<folder>/bin/../lib/x`; ldd prints it as it stands. */
function insideRoot(path: string, root: string | undefined): string {
  const plain = join(path);
  return root !== undefined && plain.startsWith(`${root}/`) ? plain.slice(root.length) : plain;
}

/** Reads the output of ldd: absolute paths of what it found, names of what it did not. */
export function parseLdd(output: string): { readonly found: string[]; readonly missing: string[] } {
  const found: string[] = [];
  const missing: string[] = [];
  for (const line of output.split("\n").map((text) => text.trim())) {
    const lost = /^(\S+) => not found/.exec(line);
    if (lost?.[1] !== undefined) missing.push(lost[1]);
    const path = /(?:^|=> )(\/\S+) \(0x[0-9a-f]+\)$/.exec(line);
    if (path?.[1] !== undefined) found.push(path[1]);
  }
  return { found, missing };
}

/** One process for all programs: starting it takes longer than what it does for one of them. */
const ldd: ListLibraries = async (binaries, signal, folders = []) => {
  const run = promisify(execFile);
  const searched = folders.length === 0 ? {} : { LD_LIBRARY_PATH: folders.join(":") };
  try {
    const { stdout } = await run("ldd", [...binaries], { timeout: lddTimeoutMs, maxBuffer: lddOutputBytes, signal, env: { ...process.env, ...searched, LC_ALL: "C" } });
    return stdout;
  } catch (cause) {
    const { code, stdout = "", stderr = "" } = cause as { code?: unknown; stdout?: string; stderr?: string };
    // A static program has no libraries: glibc's ldd says so with exit code 1, after what it found for the others.
    const complaints = stderr.split("\n").filter((line) => line.trim() !== "" && !staticProgram.test(line));
    if (complaints.length === 0 && staticProgram.test(stdout + stderr)) return stdout;
    if (code === "ENOENT") throw new Error("the program ldd was not found; it comes with the C library (Debian: package libc-bin)", { cause });
    throw new Error(`ldd ${binaries.join(" ")} failed: ${stderr.trim() || String(cause)}`, { cause });
  }
};

async function existing(paths: readonly string[]): Promise<string[]> {
  const checks = await Promise.all(paths.map((path) => access(path).then(() => [path], () => [])));
  return checks.flat();
}
