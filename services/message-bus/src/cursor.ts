import { problem } from "../../kit/src";

const PREFIX = "after:";
const NAME = /^[0-9a-f-]{36}\.[0-9]{13}$/;

/** Callers hand cursors back as they are; what is inside may change. */
export function toCursor(lastName: string): string {
  return Buffer.from(`${PREFIX}${lastName}`).toString("base64url");
}

/** @throws Problem 400 when this service did not make the cursor. */
export function fromCursor(cursor: string): string {
  const text = Buffer.from(cursor, "base64url").toString();
  const name = text.slice(PREFIX.length);
  if (!text.startsWith(PREFIX) || !NAME.test(name)) {
    const detail = "is not a cursor of this service; use 'nextCursor' of the page before, or leave it out";
    throw problem("invalid-request", `query 'cursor' ${detail}`, { violations: [{ in: "query", pointer: "cursor", detail }] });
  }
  return name;
}
