import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { median, slope } from "../statistics";

describe("median", () => {
  it("is the middle value, whatever the order", () => assert.equal(median([9, 1, 4]), 4));
  it("of an even number of values is between the middle two", () => assert.equal(median([10, 1, 4, 2]), 3));
  it("of nothing is an error", () => assert.throws(() => median([]), /no values/));
});

describe("slope", () => {
  it("of points on a line is the line's", () => assert.equal(slope([{ x: 1, y: 5 }, { x: 2, y: 8 }, { x: 3, y: 11 }]), 3));
  it("of points beside a line has the least squares", () => assert.equal(slope([{ x: 0, y: 0 }, { x: 1, y: 3 }, { x: 2, y: 2 }]), 1));
  it("needs two different values of x", () => assert.equal(slope([{ x: 1, y: 1 }, { x: 1, y: 2 }]), undefined));
});
