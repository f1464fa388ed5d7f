import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { bytesContent } from "../oci/content";
import { file, symlink } from "../oci/tar";
import type { ImageRecipe } from "../recipe";
import { programsLayer } from "../runtime/base";
import { shell, shellLinks } from "../runtime/shell";
import type { ListLibraries } from "../runtime/shared-libraries";
import { treeEntries } from "../runtime/tree";
import { toolImageLimitBytes } from "./tool";
import type { UnpackedToolPaths } from "./tool";

/** In the image and, without the slash, below the toolchain's root. */
const home = "/usr/local/pgsql";
/** Where the server was built to be: its modules look there for libpq. */
const builtFor = "/opt/postgresql";
const zoneinfo = "usr/share/zoneinfo";
const executable = 0o755;

/** PostgreSQL with its extensions, time zones, and a shell: initdb calls one, and the script that starts it is one. */
export function postgresImage(tools: UnpackedToolPaths, o: { readonly list?: ListLibraries } = {}): ImageRecipe {
  return {
    name: "postgres",
    async plan({ signal }) {
      const root = tools.root("postgres");
      const loaded = await programsAndModules(join(root, home));
      const layer = await programsLayer([shell(tools.path("busybox"))], { root, libraryFolders: [join(home, "lib")], list: o.list, signal, loaded });
      const script = await readFile(join(__dirname, "postgres", "start-postgres.sh"));
      return {
        title: "postgres",
        entrypoint: ["/bin/sh", "/usr/local/bin/start-postgres"],
        environment: [`PATH=${home}/bin:/usr/local/bin:/bin`],
        workingDirectory: "/",
        labels: layer.labels,
        layers: [
          [
            // What the server's own folder holds comes with the folder.
            ...layer.entries.filter((entry) => !`/${entry.path}`.startsWith(`${home}/`)),
            ...shellLinks(),
            ...(await treeEntries(join(root, home), home)),
            symlink(builtFor, home),
            // The other trees hold the same zones again, once with leap seconds; the local one is a machine's.
            ...(await treeEntries(join(root, zoneinfo), `/${zoneinfo}`, (path) => !/^(posix|right)\/|^localtime$/.test(path))),
          ],
          [file("/usr/local/bin/start-postgres", executable, bytesContent(script))],
        ],
        sizeLimitBytes: toolImageLimitBytes,
      };
    },
  };
}

/** Everything that the loader must be able to load. */
async function programsAndModules(folder: string): Promise<string[]> {
  const list = async (name: string): Promise<string[]> => (await readdir(join(folder, name))).sort().map((entry) => join(folder, name, entry));
  return [...(await list("bin")), ...(await list("lib")).filter((path) => path.endsWith(".so"))];
}
