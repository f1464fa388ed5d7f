import { readFileSync } from "node:fs";
import type { FaultCollector } from "./faults";
import { decodeObject } from "./shape";

/** Environment variable with the path of the JSON file in which `npm run up` lists the images that it built. */
export const IMAGES_VARIABLE = "AGENTIC_FLOW_IMAGES";

/** Reference that pins content: a tag may follow the name, a digest must. */
const PINNED = /^[a-z0-9][a-z0-9._:/-]*(:[\w][\w.-]*)?@sha256:[0-9a-f]{64}$/;

/**
 * Image references by name. An entry of the stack file wins over the manifest of what was built.
 *
 * Adds a fault for every needed image that has no reference and for every reference without a digest.
 */
export function readImages(
  configured: unknown,
  property: string,
  manifestPath: string | undefined,
  needed: readonly string[],
  faults: FaultCollector,
): Readonly<Record<string, string>> {
  const manifest = manifestPath === undefined ? {} : readManifest(manifestPath, faults);
  const stackFile = configured === undefined ? {} : (decodeObject(configured, property, faults) ?? {});
  // What the file should have said is known only if it could be read: one fault is enough.
  if (manifest === undefined) return {};
  const images: Record<string, string> = {};
  for (const name of new Set([...needed, ...Object.keys(stackFile)])) {
    const reference = stackFile[name] ?? manifest[name];
    const good = typeof reference === "string" && PINNED.test(reference);
    faults.require(good, {
      property: `${property}.${name}`,
      actual: reference,
      rule: "must be an image reference with a digest (name@sha256:...)",
      wayOut: `run \`npm run up\`, which builds the image, or set it in the stack file or in the file that ${IMAGES_VARIABLE} names`,
    });
    if (good) images[name] = reference;
  }
  return images;
}

function readManifest(path: string, faults: FaultCollector): Record<string, unknown> | undefined {
  try {
    return decodeObject(readFileSync(path, "utf8"), IMAGES_VARIABLE, faults);
  } catch (error) {
    faults.add({
      property: IMAGES_VARIABLE,
      actual: path,
      rule: `must be the path of a readable JSON file (${(error as NodeJS.ErrnoException).code ?? String(error)})`,
      wayOut: "run `npm run up`, which writes it, or unset the variable",
    });
    return undefined;
  }
}
