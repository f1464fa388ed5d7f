import type { Reference } from "../schemas";

/** What references point into. */
export interface Scope {
  readonly input: Readonly<Record<string, unknown>>;
  /** What each completed step gave, by its name. */
  readonly steps: Readonly<Record<string, unknown>>;
}

/** A reference led nowhere. */
export class UnresolvedReference extends Error {
  override readonly name = "UnresolvedReference";

  constructor(pointer: string) {
    super(`'$from' (${pointer}) leads nowhere; it has to point to something in the input or in what earlier steps gave`);
  }
}

export function isReference(value: unknown): value is Reference {
  return typeof value === "object" && value !== null && Object.keys(value).length === 1 && typeof Reflect.get(value, "$from") === "string";
}

/** Every reference inside a value, in no order. */
export function referencesIn(value: unknown): string[] {
  if (isReference(value)) return [value.$from];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(referencesIn) : [];
}

/** The value with each reference replaced by what it points to. @throws UnresolvedReference */
export function resolve(value: unknown, scope: Scope): unknown {
  if (isReference(value)) return lookUp(value.$from, scope);
  if (Array.isArray(value)) return value.map((each) => resolve(each, scope));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolve(inner, scope)]));
}

/** First two parts of a JSON pointer; undefined when it is none. */
export function rootOf(pointer: string): readonly [string, string | undefined] | undefined {
  const [empty, root, next] = partsOf(pointer);
  return empty === "" && root !== undefined ? [root, next] : undefined;
}

function lookUp(pointer: string, scope: Scope): unknown {
  let found: unknown = scope;
  for (const part of partsOf(pointer).slice(1)) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, part)) throw new UnresolvedReference(pointer);
    found = Reflect.get(found, part);
  }
  return found;
}

function partsOf(pointer: string): string[] {
  return pointer.split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}
