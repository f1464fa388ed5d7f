import assert from "node:assert/strict";
import { Problem, isNotModified, requireMatch, toETag } from "../src";

describe("etag", () => {
  it("lets changes through that were made for the present version, or for none in particular", () => {
    const current = toETag(7n);
    assert.equal(current, '"7"');
    for (const header of [undefined, "*", '"7"', '"6", "7"']) requireMatch(header, current);
    for (const header of ['"6"', 'W/"7"', '"70"', "7", ""]) {
      assert.throws(() => requireMatch(header, current), (error) => error instanceof Problem && error.status === 412 && error.headers["etag"] === current, header);
    }
  });

  it("knows what a reader has already", () => {
    for (const header of ['"7"', 'W/"7"', '"6", W/"7"', "*"]) assert.equal(isNotModified(header, '"7"'), true, header);
    for (const header of [undefined, '"6"', "", "7"]) assert.equal(isNotModified(header, '"7"'), false, header);
    assert.equal(isNotModified("*", undefined), false);
  });
});
