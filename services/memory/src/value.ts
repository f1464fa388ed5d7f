import { problem } from "../../kit/src";
import type { Violation } from "../../kit/src";
import { isDeeperThan, storageFaults } from "../../kit/src/json";
import { MAX_VALUE_BYTES, MAX_VALUE_DEPTH } from "../limits";

/**
 * What a JSON schema cannot say about a value: its size, its depth, and what PostgreSQL could not give back as it came.
 *
 * @returns the value as JSON text.
 * @throws Problem 400 `invalid-request` with all violations.
 */
export function toJson(value: unknown): string {
  const details = new Set<string>();
  if (isDeeperThan(value, MAX_VALUE_DEPTH)) details.add(`is nested deeper than ${MAX_VALUE_DEPTH} levels`);
  else for (const fault of storageFaults(value)) details.add(fault);
  const text = JSON.stringify(value);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_VALUE_BYTES) details.add(`is ${bytes} bytes of JSON; at most ${MAX_VALUE_BYTES} are kept`);
  if (details.size > 0) {
    const violations = [...details].map((detail): Violation => ({ in: "body", pointer: "/value", detail }));
    throw problem("invalid-request", violations.map(({ detail }) => `body '/value' ${detail}`).join("; "), { violations });
  }
  return text;
}
