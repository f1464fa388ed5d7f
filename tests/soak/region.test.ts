import { after, before, describe } from "mocha";
import { robustness } from "../region/story/robustness";
import { RegionUnderTest } from "../region/support/region-under-test";

const TIMEOUT_MS = 3_600_000;

/** Everything in a region is killed, fills up and runs out of memory. Needs root on Linux, and half an hour. */
describe("a region under load whose parts fail", function () {
  this.timeout(TIMEOUT_MS);
  const region = new RegionUnderTest("region-soak");

  before(() => region.standUp());
  after(() => region.takeDown());

  robustness(region);
});
