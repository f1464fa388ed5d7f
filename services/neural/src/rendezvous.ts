import { createHash } from "node:crypto";

/** Bits of the hash that a double holds exactly. */
const HASH_BITS = 48;

/**
 * Chooses one of several by weighted rendezvous hashing: each gets a number from the key and its own name, scaled by its
 * weight, and the smallest wins. So a key always gets the same one, each gets its share of keys, and when weights
 * change, a key only moves to one that has grown compared with the one it leaves.
 *
 * @param space keeps the choices of one set of weights from those of another
 * @param weights names to weights, whole numbers of at least 0
 * @returns undefined when no weight is above 0.
 */
export function choose(space: string, key: string, weights: Readonly<Record<string, number>>): string | undefined {
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const [name, weight] of Object.entries(weights)) {
    if (weight === 0) continue;
    const distance = -Math.log(uniform(space, key, name)) / weight;
    if (best === undefined || distance < best.distance) best = { name, distance };
  }
  return best?.name;
}

/** A number above 0 and below 1 that only depends on the texts. Their lengths tell where one ends. */
function uniform(...texts: readonly string[]): number {
  const hash = createHash("sha256").update(texts.map((text) => `${text.length} ${text}`).join("")).digest();
  return (hash.readUIntBE(0, HASH_BITS / 8) + 0.5) / 2 ** HASH_BITS;
}
