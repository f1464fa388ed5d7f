import { isDeepStrictEqual } from "node:util";
import { runtime } from "@pulumi/pulumi";

/** Properties as the engine sends them: plain JSON in which a secret is an object with a signature and a value. */
export type Properties = Readonly<Record<string, unknown>>;

/** What takes the place of a value that is not known before its resource exists. */
export const unknownValue: string = runtime.unknownValue;

function signatureOf(value: unknown): unknown {
  return isObject(value) ? value[runtime.specialSigKey] : undefined;
}

export function isObject(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isSecret(value: unknown): boolean {
  return signatureOf(value) === runtime.specialSecretSig;
}

/** Marks a value as one that the engine stores encrypted and never prints. Marking twice changes nothing. */
export function asSecret(value: unknown): unknown {
  return isSecret(value) ? value : { [runtime.specialSigKey]: runtime.specialSecretSig, value };
}

/** The value itself at every depth, without the marks. An output that has no value yet is unknown. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!isObject(value)) return value;
  const signature = signatureOf(value);
  if (signature === runtime.specialSecretSig) return plain(value["value"]);
  if (signature === runtime.specialOutputValueSig) return "value" in value ? plain(value["value"]) : unknownValue;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
}

/** All properties without marks, and without those that are null: the engine sends both forms for "not set". */
export function plainProperties(properties: Properties): Record<string, unknown> {
  const entries = Object.entries(properties).map(([key, value]) => [key, plain(value)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== null && value !== undefined));
}

/** True when any part of a plain value is not known yet. */
export function hasUnknown(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasUnknown);
  if (isObject(value)) return Object.values(value).some(hasUnknown);
  return value === unknownValue;
}

export function same(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(a, b);
}
