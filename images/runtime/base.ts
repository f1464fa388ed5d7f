import { digestOf, bytesContent, fileContent } from "../oci/content";
import { directory, file } from "../oci/tar";
import type { TarEntry } from "../oci/tar";
import { nonRootId } from "../recipe";
import { sharedLibraries } from "./shared-libraries";
import type { LibraryOptions } from "./shared-libraries";
import { stat } from "node:fs/promises";

/** Image label that lists the C runtime's files with their digests, as JSON. */
export const runtimeLabel = "agentic-flow.io/runtime-libraries";

const readable = 0o644;
const executable = 0o755;
const worldWritableSticky = 0o1777;

/** A program of an image. */
export interface Program {
  /** Where it is on this machine. */
  readonly binary: string;
  /** Where it is in the image. */
  readonly path: string;
}

/** A layer, and the label that says what the C runtime in it is. */
export interface ProgramLayer {
  readonly entries: TarEntry[];
  readonly labels: Record<string, string>;
}

/** What every image has: users, name look-up order, and a /tmp that works without a mount. */
function skeleton(): TarEntry[] {
  const text = (path: string, content: string): TarEntry => file(path, readable, bytesContent(content));
  const id = String(nonRootId);
  return [
    text("/etc/passwd", `root:x:0:0:root:/:/sbin/nologin\nnonroot:x:${id}:${id}:nonroot:/tmp:/sbin/nologin\n`),
    text("/etc/group", `root:x:0:\nnonroot:x:${id}:\n`),
    text("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"),
    directory("/tmp", worldWritableSticky),
  ];
}

/** A layer with one program, its C runtime and the skeleton. */
export function programLayer(program: Program, o: LibraryOptions): Promise<ProgramLayer> {
  return programsLayer([program], o);
}

/**
 * A layer with several programs and the skeleton. `loaded` are shared objects that come into the image in another way,
 * and whose libraries must be there too: what programs load by name while they run.
 */
export async function programsLayer(programs: readonly Program[], o: LibraryOptions & { readonly loaded?: readonly string[] }): Promise<ProgramLayer> {
  const libraries = await sharedLibraries([...programs.map((program) => program.binary), ...(o.loaded ?? [])], o);
  const listed: Record<string, string> = {};
  for (const library of libraries) {
    if (library.kind === "file") listed[`/${library.path}`] = (await digestOf(library.content.open(), o.signal)).digest;
  }
  const files = await Promise.all(programs.map(async ({ binary, path }) => file(path, executable, fileContent(binary, (await stat(binary)).size))));
  return {
    entries: [...skeleton(), ...libraries, ...files],
    labels: libraries.length === 0 ? {} : { [runtimeLabel]: JSON.stringify(listed) },
  };
}
