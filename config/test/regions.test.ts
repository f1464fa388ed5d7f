import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { findRegion, REGIONS } from "..";

/** First and last address of a range, as numbers. */
function bounds(cidr: string): [number, number] {
  const [address = "", bits = ""] = cidr.split("/");
  const first = address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
  return [first, first + 2 ** (32 - Number(bits)) - 1];
}

describe("region catalogue", () => {
  it("gives every cloud region three zones and a private range of its own", () => {
    const cloud = REGIONS.filter((region) => region.cloud !== "local");
    assert.equal(cloud.length, 6);
    const ranges = cloud.map((region) => {
      assert.equal(region.zones.length, 3, region.name);
      assert.ok(region.networkCidr !== undefined, region.name);
      return bounds(region.networkCidr);
    });
    const [lowest, highest] = bounds("10.0.0.0/8");
    for (const [first, last] of ranges) {
      assert.ok(first >= lowest && last <= highest);
      assert.equal(ranges.filter((other) => other[0] <= last && other[1] >= first).length, 1, "ranges overlap");
    }
  });

  it("keeps the index of a region for ever, because its addresses are derived from it", () => {
    assert.deepEqual(
      REGIONS.map((region) => [region.index, region.name, region.networkCidr]),
      [
        [0, "us-east-1", "10.16.0.0/12"],
        [1, "us-west-2", "10.32.0.0/12"],
        [2, "eu-west-1", "10.48.0.0/12"],
        [3, "ap-southeast-1", "10.64.0.0/12"],
        [4, "europe-west3", "10.80.0.0/12"],
        [5, "asia-northeast1", "10.96.0.0/12"],
        [6, "local", undefined],
      ],
    );
    assert.equal(findRegion("mars-1"), undefined);
  });
});
