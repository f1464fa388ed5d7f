import { execFile } from "node:child_process";
import { access, realpath, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { fileContent } from "../oci/content";
import { file } from "../oci/tar";
import type { TarEntry } from "../oci/tar";

/** Prints what the dynamic loader would load for a program, as `ldd` does. */
export type ListLibraries = (binary: string, signal?: AbortSignal) => Promise<string>;

const lddTimeoutMs = 10_000;
const libraryMode = 0o755;

/**
 * Loaded by libc at run time, hence not listed by ldd: name look-up on glibc before 2.34
 * (later ones carry it inside libc) and the resolver.
 */
const loadedLate = ["libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2"];

/**
 * The C runtime that `binary` needs, from this machine, at the paths where its loader looks for it.
 * Nothing for a statically linked program.
 *
 * Errors: a library that is not found is named, all of them at once.
 */
export async function sharedLibraries(
  binary: string,
  o: { readonly list?: ListLibraries; readonly signal?: AbortSignal } = {},
): Promise<TarEntry[]> {
  const { found, missing } = parseLdd(await (o.list ?? ldd)(binary, o.signal));
  if (missing.length > 0) {
    throw new Error(`${binary} needs ${missing.join(", ")}, which this machine does not have; install the packages that provide them`);
  }
  const libc = found.find((path) => basename(path).startsWith("libc.so"));
  const late = libc === undefined ? [] : await existing(loadedLate.map((name) => join(dirname(libc), name)));
  const paths = [...new Set([...found, ...late])];
  return Promise.all(paths.map(async (path) => {
    const real = await realpath(path);
    return file(path, libraryMode, fileContent(real, (await stat(real)).size));
  }));
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

const ldd: ListLibraries = async (binary, signal) => {
  const run = promisify(execFile);
  try {
    const { stdout } = await run("ldd", [binary], { timeout: lddTimeoutMs, signal, env: { ...process.env, LC_ALL: "C" } });
    return stdout;
  } catch (cause) {
    const { code, stdout = "", stderr = "" } = cause as { code?: unknown; stdout?: string; stderr?: string };
    // A static program has no libraries: glibc's ldd says so with exit code 1.
    if (/not a dynamic executable|statically linked/.test(stdout + stderr)) return "";
    if (code === "ENOENT") throw new Error("the program ldd was not found; it comes with the C library (Debian: package libc-bin)", { cause });
    throw new Error(`ldd ${binary} failed: ${stderr.trim() || String(cause)}`, { cause });
  }
};

async function existing(paths: readonly string[]): Promise<string[]> {
  const checks = await Promise.all(paths.map((path) => access(path).then(() => [path], () => [])));
  return checks.flat();
}
