import assert from "node:assert/strict";
import { Problem, fromCursor, toCursor, toPage } from "../src";

const isNumber = (position: string): boolean => /^\d+$/.test(position);

describe("pagination", () => {
  it("gives a cursor while there is more, and continues where the page ended", () => {
    const read = [1, 2, 3];
    const first = toPage(read, 2, String);
    assert.deepEqual(first.items, [1, 2]);
    assert.equal(fromCursor(first.nextCursor ?? "", isNumber), "2");
    assert.deepEqual(toPage(read, 3, String), { items: [1, 2, 3] });
    assert.deepEqual(toPage([], 3, String), { items: [] });
  });

  it("refuses what is no cursor, and a cursor that holds what the service never put there", () => {
    for (const cursor of ["", "made up", toCursor("1; drop table"), Buffer.from("1").toString("base64url")]) {
      assert.throws(() => fromCursor(cursor, isNumber), (error) => error instanceof Problem && error.status === 400 && error.violations?.[0]?.pointer === "cursor", cursor);
    }
  });
});
