import { digestOf, bytesContent, fileContent } from "../oci/content";
import { directory, file } from "../oci/tar";
import type { TarEntry } from "../oci/tar";
import { nonRootId } from "../recipe";
import { sharedLibraries } from "./shared-libraries";
import type { ListLibraries } from "./shared-libraries";
import { stat } from "node:fs/promises";

/** Image label that lists the C runtime's files with their digests, as JSON. */
export const runtimeLabel = "agentic-flow.io/runtime-libraries";

const readable = 0o644;
const executable = 0o755;
const worldWritableSticky = 0o1777;

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

/** A layer with one program, its C runtime and the skeleton, and the label that says what the runtime is. */
export async function programLayer(
  program: { readonly binary: string; readonly path: string },
  o: { readonly list?: ListLibraries; readonly signal?: AbortSignal },
): Promise<{ readonly entries: TarEntry[]; readonly labels: Record<string, string> }> {
  const libraries = await sharedLibraries(program.binary, o);
  const listed: Record<string, string> = {};
  for (const library of libraries) {
    if (library.kind === "file") listed[`/${library.path}`] = (await digestOf(library.content.open(), o.signal)).digest;
  }
  const { size } = await stat(program.binary);
  return {
    entries: [...skeleton(), ...libraries, file(program.path, executable, fileContent(program.binary, size))],
    labels: libraries.length === 0 ? {} : { [runtimeLabel]: JSON.stringify(listed) },
  };
}
