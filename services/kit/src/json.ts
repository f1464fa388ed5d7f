/** JSON whose objects have their keys in order, so that equal values have equal text. */
export function canonicalJson(value: unknown): string {
  const text: string | undefined = JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
  return text ?? "";
}

/** Whether objects and lists are inside each other more than `levels` times. Looks no deeper than that. */
export function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((child) => isDeeperThan(child, levels - 1));
}

/**
 * What keeps a JSON value from being stored and given back as it came, each fault once: PostgreSQL's jsonb takes no NUL
 * and no half characters, and other programs read no number beyond a double. Check the depth first: this walks all of it.
 *
 * @returns phrases that follow the name of the value.
 */
export function storageFaults(value: unknown): string[] {
  return [...new Set(leafFaults(value))];
}

function* leafFaults(value: unknown): Generator<string> {
  if (typeof value === "string") yield* textFaults(value);
  else if (typeof value === "number" && !Number.isFinite(value)) yield "has a number that is too large for any program to read; send it as text";
  else if (typeof value === "object" && value !== null) {
    for (const [name, child] of Object.entries(value)) {
      yield* textFaults(name);
      yield* leafFaults(child);
    }
  }
}

function* textFaults(text: string): Generator<string> {
  if (text.includes("\0")) yield "has a text with the character U+0000, which cannot be stored; remove it";
  if (/\p{Surrogate}/u.test(text)) yield "has a text with half of a surrogate pair, which is no character; remove it";
}
