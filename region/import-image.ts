import { existsSync } from "node:fs";
import { run } from "./command";
import { Layout } from "./directory";
import { RegionError } from "./errors";
import { isAlive } from "./process-identity";
import { containerdSocket } from "./processes/node";
import { readRecord } from "./record";
import type { ImageArchive, RegionHandle } from "./types";
import type { Toolchain } from "../toolchain";

const importTimeoutMs = 180_000;
/** containerd's namespace for everything that Kubernetes runs. */
const namespace = "k8s.io";

/**
 * Makes an image known to the region's containers under exactly `image.reference`; does nothing when it is there already.
 *
 * Only regions in mode `node` have images; for the others this returns at once.
 */
export async function importImage(region: RegionHandle, tools: Toolchain, image: ImageArchive, signal?: AbortSignal): Promise<void> {
  if (region.mode === "simulated") return;
  if (!existsSync(image.archivePath)) throw new RegionError("bad-input", `image archive ${image.archivePath} does not exist: build the image ${image.reference} first`);
  const main = readRecord(new Layout(region.directory))?.main;
  if (main === undefined || !isAlive(main)) throw new RegionError("not-running", `the region '${region.name}' does not run: start it first`);
  // The socket is on a /run that only the region sees, so ctr goes there too; the archive comes through standard input.
  const ctr = (args: readonly string[], inputFile?: string): Promise<string> =>
    run("nsenter", ["--target", String(main.pid), "--mount", tools.path("ctr"), "--address", containerdSocket, "--namespace", namespace, ...args], {
      timeoutMs: importTimeoutMs,
      inputFile,
      signal,
    });
  const names = async (): Promise<string[]> => (await ctr(["images", "list", "--quiet"])).split("\n");
  if ((await names()).includes(image.reference)) return;
  const digest = image.reference.slice(image.reference.lastIndexOf("@") + 1);
  // Unpacked by the first container that wants it, with the snapshotter of the region's configuration.
  await ctr(["images", "import", "--no-unpack", "--digests", "-"], image.archivePath);
  const known = await names();
  if (known.includes(image.reference)) return;
  // An archive without names gets `import-<date>@<digest>`.
  const imported = known.find((name) => name.endsWith(`@${digest}`));
  if (imported === undefined) throw new RegionError("bad-input", `image archive ${image.archivePath} holds no image with digest ${digest}: build it anew`);
  await ctr(["images", "tag", imported, image.reference]);
}
