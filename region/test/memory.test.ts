import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { regionMemoryBytes, workingSet } from "../memory";

describe("memory of a region", () => {
  it("leaves out file pages that the kernel could drop, of all groups below in version 1", () => {
    assert.equal(workingSet(1_000, "cache 700\ninactive_file 100\ntotal_inactive_file 400\n"), 600);
    assert.equal(workingSet(1_000, "anon 300\ninactive_file 250\n"), 750);
    assert.equal(workingSet(100, "total_inactive_file 400\n"), 0);
  });

  it("is not known of a region that is not there", () => assert.equal(regionMemoryBytes("never-was"), undefined));
});
