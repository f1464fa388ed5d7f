import { createHash } from "node:crypto";
import { canonicalJson } from "../../kit/src/json";

/** Digest of a value; equal values have equal ones, whatever the order of their keys. */
export function digestOf(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}
