import { problem } from "../../kit/src";
import { ID_PATTERN } from "../limits";

const PREFIX = "after:";
const ID = new RegExp(ID_PATTERN);

/** Callers hand cursors back as they are; what is inside may change. */
export function toCursor(lastId: string): string {
  return Buffer.from(`${PREFIX}${lastId}`).toString("base64url");
}

/** @throws Problem 400 when this service did not make the cursor. */
export function fromCursor(cursor: string): string {
  const text = Buffer.from(cursor, "base64url").toString();
  const id = text.slice(PREFIX.length);
  if (!text.startsWith(PREFIX) || !ID.test(id)) {
    const detail = "is not a cursor of this service; use 'nextCursor' of the page before, or leave it out";
    throw problem("invalid-request", `query 'cursor' ${detail}`, { violations: [{ in: "query", pointer: "cursor", detail }] });
  }
  return id;
}
