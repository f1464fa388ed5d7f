import { problem } from "../../kit/src";
import type { Violation } from "../../kit/src";
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
  else for (const fault of leafFaults(value)) details.add(fault);
  const text = JSON.stringify(value);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_VALUE_BYTES) details.add(`is ${bytes} bytes of JSON; at most ${MAX_VALUE_BYTES} are kept`);
  if (details.size > 0) {
    const violations = [...details].map((detail): Violation => ({ in: "body", pointer: "/value", detail }));
    throw problem("invalid-request", violations.map(({ detail }) => `body '/value' ${detail}`).join("; "), { violations });
  }
  return text;
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((child) => isDeeperThan(child, levels - 1));
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
