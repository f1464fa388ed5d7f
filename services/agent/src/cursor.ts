import { fromCursor as positionOf } from "../../kit/src";
import { ID_PATTERN } from "../limits";

const ID = new RegExp(ID_PATTERN);

export { toCursor } from "../../kit/src";

/** The last agent of the page before. @throws Problem 400 when this service did not make the cursor. */
export function fromCursor(cursor: string): string {
  return positionOf(cursor, (position) => ID.test(position));
}
