import { after, before, describe, it } from "mocha";
import { cli } from "../support/cli";
import { describeKill, killPoints, killUp, undisturbedUp } from "./support/killed-up";
import type { Undisturbed } from "./support/killed-up";

/** `SOAK_POINTS` makes it shorter. */
const POINTS = Number(process.env["SOAK_POINTS"] ?? 20);
const region = "soak";

/** The long form of tests/engine/killed-up.test.ts. */
describe(`an up that is killed at ${POINTS} points`, function () {
  let undisturbed: Undisturbed;

  before(async () => {
    undisturbed = await undisturbedUp(region);
    console.log(`    undisturbed: ${(undisturbed.durationMs / 1000).toFixed(1)} s, ${undisturbed.inventory.objects.length} objects, ${undisturbed.inventory.resources.length} resources in the state`);
  });
  after(() => cli(["down", "--name", region]));

  for (let index = 0; index < POINTS; index += 1) {
    it(`converges after the kill at point ${index + 1}`, async () => {
      const afterMs = killPoints(undisturbed.durationMs, POINTS)[index] ?? 0;
      const outcome = await killUp(region, afterMs, undisturbed).catch((error: unknown) => {
        // The others take long: what is wrong is said now and not at their end.
        console.log(`      killed after ${(afterMs / 1000).toFixed(1)} s: ${String(error)}`);
        throw error;
      });
      console.log(`      ${describeKill(outcome)}`);
    });
  }
});
