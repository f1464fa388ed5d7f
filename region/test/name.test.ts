import assert from "node:assert/strict";
import { checkName, nameProblem } from "../name";

describe("a region's name", () => {
  for (const name of ["local", "a", "eu-west-1", "a2345678901234567890".slice(0, 20)]) {
    it(`may be '${name}'`, () => assert.equal(nameProblem(name), undefined));
  }
  for (const name of ["", "Local", "1st", "-a", "a-", "a_b", "a.b", "../etc", "a".repeat(21)]) {
    it(`may not be '${name}'`, () => assert.match(nameProblem(name) ?? "", /^name is '.*': a region's name is 1 to 20 lower-case letters.*--name$/));
  }
  it("is refused with the rule and the way out", () => {
    assert.throws(() => checkName("No"), { name: "RegionError", code: "bad-input", message: /^name is 'No'.*choose another with --name$/ });
  });
});
