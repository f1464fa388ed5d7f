import assert from "node:assert/strict";
import { canonicalJson, isDeeperThan, storageFaults } from "../src/json";

describe("json", () => {
  it("has one text for equal values", () => {
    assert.equal(canonicalJson({ b: [{ d: 3, c: 2 }], a: 1 }), '{"a":1,"b":[{"c":2,"d":3}]}');
    assert.notEqual(canonicalJson([1, 2]), canonicalJson([2, 1]));
    assert.equal(canonicalJson(undefined), "");
  });

  it("is judged by its depth, lists counted", () => {
    assert.deepEqual([isDeeperThan({ a: [1] }, 2), isDeeperThan({ a: [1] }, 1), isDeeperThan(1, 0), isDeeperThan([], 0)], [false, true, false, true]);
  });

  it("says once what cannot be stored, in names too", () => {
    assert.deepEqual(storageFaults({ fine: ["\u{1F600}", 1.5, null] }), []);
    assert.equal(storageFaults({ a: "x\0", "b\0": "\0" }).length, 1);
    assert.deepEqual(storageFaults([{ deep: "\ud83d" }, Infinity]).map((fault) => fault.slice(0, 20)), ["has a text with half", "has a number that is"]);
  });
});
