import { problem } from "./problem";

/** In front of what a cursor holds, so that a foreign string is told from a cursor. */
const MARK = "after:";

/** Callers hand cursors back as they are; what is inside may change. @param position where the page ended */
export function toCursor(position: string): string {
  return Buffer.from(`${MARK}${position}`).toString("base64url");
}

/**
 * @param isPosition whether this service can have made it: cursors come from callers, who may write anything
 * @throws Problem 400 when this service did not make the cursor.
 */
export function fromCursor(cursor: string, isPosition: (position: string) => boolean): string {
  const text = Buffer.from(cursor, "base64url").toString();
  const position = text.slice(MARK.length);
  if (!text.startsWith(MARK) || !isPosition(position)) {
    const detail = "is not a cursor of this service; use 'nextCursor' of the page before, or leave it out";
    throw problem("invalid-request", `query 'cursor' ${detail}`, { violations: [{ in: "query", pointer: "cursor", detail }] });
  }
  return position;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Absent on the last page. */
  readonly nextCursor?: string;
}

/** A page of `limit` items, from a read of one more than that: the further one shows that there is a next page. */
export function toPage<T>(read: readonly T[], limit: number, positionOf: (item: T) => string): Page<T> {
  const items = read.slice(0, limit);
  const last = items.at(-1);
  return read.length > limit && last !== undefined ? { items, nextCursor: toCursor(positionOf(last)) } : { items };
}
