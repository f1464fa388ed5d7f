import { problem } from "../../kit/src";

const PREFIX = "after:";

/** Callers hand cursors back as they are; what is inside may change. */
export function toCursor(last: string): string {
  return Buffer.from(`${PREFIX}${last}`).toString("base64url");
}

/** @throws Problem 400 when this service did not make the cursor. */
export function fromCursor(cursor: string, pattern: RegExp): string {
  const text = Buffer.from(cursor, "base64url").toString();
  const last = text.slice(PREFIX.length);
  if (!text.startsWith(PREFIX) || !pattern.test(last)) {
    const detail = "is not a cursor of this list; use 'nextCursor' of the page before, or leave it out";
    throw problem("invalid-request", `query 'cursor' ${detail}`, { violations: [{ in: "query", pointer: "cursor", detail }] });
  }
  return last;
}
