import { access } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

/** Major version of Node in the image, the one that package.json pins. */
const nodeTarget = "node24";

/**
 * One CommonJS file with a service and everything it imports. Bundling takes some 0.2 s, so it is always done
 * and its bytes are the service's content: no list of source files can be out of date.
 *
 * Paths in the output are relative to `root`: two clones give the same bytes.
 */
export async function bundleService(service: string, root: string): Promise<Uint8Array> {
  const entry = join(root, "services", service, "src", "main.ts");
  await access(entry).catch((cause: unknown) => {
    throw new Error(`service "${service}" has no services/${service}/src/main.ts; name a folder of services/ that has one`, { cause });
  });
  const result = await build({
    entryPoints: [entry],
    absWorkingDir: root,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: nodeTarget,
    define: { "process.env.NODE_ENV": '"production"' },
    legalComments: "none",
    sourcemap: false,
    write: false,
    logLevel: "silent",
  });
  const output = result.outputFiles[0];
  if (output === undefined) throw new Error(`esbuild gave no output for services/${service}/src/main.ts`);
  return output.contents;
}
