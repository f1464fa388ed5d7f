import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PLATFORM_IMAGES } from "../components/images";
import { buildImage, serviceImage, toolImage } from "../images";
import type { BuiltImage } from "../images";
import { importImage } from "../region";
import type { AddonImages, RegionHandle } from "../region";
import { services } from "../services";
import type { Toolchain } from "../toolchain";
import { regionDirectory } from "./deployment";
import { UserError } from "./errors";
import { platformRecipes } from "./platform-recipes";
import type { Print } from "./steps";

/** Images that the region itself is made of. */
const addonImages = ["pause", "coredns", "metrics-server"] as const;

const serviceNames = services.map((service) => service.contract.name);

/** Writes the manifest that the program reads: image name to reference with digest. */
async function writeManifest(region: string, references: Readonly<Record<string, string>>): Promise<string> {
  const path = join(regionDirectory(region), "images.json");
  await writeFile(path, JSON.stringify(references, undefined, 2), { mode: 0o600 });
  return path;
}

function describe(image: BuiltImage): string {
  return `${image.name} ${image.digest.slice(0, 19)} ${Math.round(image.sizeBytes / 1e6)} MB${image.built ? "" : " (cached)"}`;
}

/** The images of the region's own parts. Built before the region starts, imported by {@link importAddons}. */
export async function buildAddons(tools: Toolchain, say: Print, signal: AbortSignal): Promise<BuiltImage[]> {
  const built: BuiltImage[] = [];
  for (const name of addonImages) {
    const image = await buildImage(toolImage(name, tools), { signal });
    say(describe(image));
    built.push(image);
  }
  return built;
}

/** References of the region's own images, as `region/` wants them. */
export function addonReferences(built: readonly BuiltImage[]): AddonImages {
  const reference = (name: (typeof addonImages)[number]): string => {
    const image = built.find((candidate) => candidate.name === name);
    if (image === undefined) throw new Error(`the image ${name} was not built`);
    return image.reference;
  };
  return { pause: reference("pause"), coredns: reference("coredns"), metricsServer: reference("metrics-server") };
}

/** Builds what changed, loads it into the region's container runtime, and writes the manifest; returns its path. */
export async function deliverImages(region: RegionHandle, tools: Toolchain, say: Print, signal: AbortSignal): Promise<string> {
  const recipes = [...PLATFORM_IMAGES.map((name) => platformRecipes[name](tools)), ...serviceNames.map((name) => serviceImage(name))];
  const references: Record<string, string> = {};
  for (const recipe of recipes) {
    const image = await buildImage(recipe, { signal });
    say(describe(image));
    await importImage(region, tools, image);
    references[image.name] = image.reference;
  }
  return writeManifest(region.name, references);
}

/** Reference of an image on nodes that run no containers: its digest is that of its name, and no such image exists. */
export function simulatedReference(name: string): string {
  return `simulated.agentic-flow.local/${name}@sha256:${createHash("sha256").update(name).digest("hex")}`;
}

/** A manifest of them, which lets the same program and the same policies run on a simulated region. */
export async function simulateImages(region: RegionHandle): Promise<string> {
  const names = [...PLATFORM_IMAGES, ...serviceNames];
  return writeManifest(region.name, Object.fromEntries(names.map((name) => [name, simulatedReference(name)])));
}

/** Checks a manifest that the user gave for a cluster of their own; every fault is listed. */
export async function checkManifest(path: string): Promise<string> {
  let manifest: unknown;
  try {
    manifest = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new UserError(`--images is '${path}': it is not JSON (${error instanceof Error ? error.message : String(error)})`, { cause: error });
  }
  const entries = typeof manifest === "object" && manifest !== null ? (manifest as Record<string, unknown>) : {};
  const problems = [...PLATFORM_IMAGES, ...serviceNames].flatMap((name) => {
    const reference = entries[name];
    if (typeof reference !== "string") return [`--images '${path}' has no entry '${name}': give its reference as repository@sha256:digest`];
    if (!/@sha256:[0-9a-f]{64}$/.test(reference)) return [`--images '${path}': '${name}' is '${reference}': it must end with @sha256: and 64 hexadecimal digits`];
    return [];
  });
  if (problems.length > 0) throw new UserError(problems);
  return path;
}
