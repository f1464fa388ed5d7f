import assert from "node:assert/strict";
import { after, before, describe, it } from "mocha";
import { describeKill, killPoints, killUp, undisturbedUp } from "../soak/support/killed-up";
import type { Undisturbed } from "../soak/support/killed-up";
import { cli } from "../support/cli";

const POINTS = 3;
const region = "engine-killed";

/** The short form of tests/soak, which kills at 20 points. */
describe("an up that is killed", function () {
  // Three ups and two downs each; an up that takes half a minute took five where ten other jobs ran.
  this.timeout(900_000);
  let undisturbed: Undisturbed;

  before(async () => {
    undisturbed = await undisturbedUp(region);
  });
  after(() => cli(["down", "--name", region]));

  it("is to be killed at points that are spread over its duration", () => {
    assert.deepEqual(killPoints(60_000, 3), [10_000, 30_000, 50_000]);
  });

  for (let index = 0; index < POINTS; index += 1) {
    it(`converges at the next up: third ${index + 1} of its duration`, async () => {
      const outcome = await killUp(region, killPoints(undisturbed.durationMs, POINTS)[index] ?? 0, undisturbed);
      console.log(`      ${describeKill(outcome)}`);
    });
  }
});
