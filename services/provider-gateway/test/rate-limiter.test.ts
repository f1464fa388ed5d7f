import assert from "node:assert/strict";
import fc from "fast-check";
import { Bucket } from "../src/rate-limiter";

describe("token bucket", () => {
  it("lets no more through than its burst and its rate allow, and all of that", () => {
    const waits = fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 20 }), waits, (requestsPerSecond, burst, pauses) => {
        const bucket = new Bucket({ monthlyBudgetUsd: 0, requestsPerSecond, burst }, 0);
        let now = 0;
        let taken = 0;
        for (const pause of pauses) {
          now += pause;
          const wait = bucket.take(now);
          if (wait === 0) taken += 1;
          else assert.ok(wait <= Math.ceil(1000 / requestsPerSecond));
          assert.ok(taken <= burst + (now * requestsPerSecond) / 1000 + 1e-6);
        }
      }),
    );
    const bucket = new Bucket({ monthlyBudgetUsd: 0, requestsPerSecond: 2, burst: 2 }, 0);
    assert.deepEqual([0, 0, 0, 499, 500, 500].map((now) => bucket.take(now) === 0), [true, true, false, false, true, false]);
  });
});
