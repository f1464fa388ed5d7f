import assert from "node:assert/strict";
import fc from "fast-check";
import { RECOVERY_MS } from "../limits";
import { nextHealth, reasonsAgainst } from "../src/region-health";
import type { Health } from "../src/region-health";

describe("health of the region", () => {
  const start: Health = { status: "unknown", sinceMs: 0 };
  const run = (steps: readonly (readonly [number, readonly string[] | undefined])[]): Health =>
    steps.reduce<Health>((health, [atMs, reasons]) => nextHealth(health, reasons, atMs), start);

  it("names what has no replica, and nothing when it cannot see", () => {
    const jobs = ["agent", "edge", "etcd"];
    assert.deepEqual(reasonsAgainst(jobs, new Map([["agent", 2], ["edge", 1], ["etcd", 3], ["memory", 0]])), []);
    assert.deepEqual(reasonsAgainst(jobs, new Map([["agent", 0], ["etcd", 1]])), ["'agent' has no replica that answers", "'edge' has no replica that answers"]);
    assert.equal(reasonsAgainst(jobs, undefined), undefined);
  });

  it("is decided at once by the first sight", () => {
    assert.deepEqual(run([[5, undefined]]), start);
    assert.deepEqual(run([[5, []]]), { status: "healthy", sinceMs: 5 });
    assert.equal(run([[5, ["x"]]]).status, "unhealthy");
  });

  it("fails at the first reason and is back after a minute without any, counted from the last one", () => {
    const failed = run([[0, []], [1_000, ["x"]]]);
    assert.deepEqual(failed, { status: "unhealthy", sinceMs: 1_000, reasons: ["x"], wellSinceMs: undefined });
    const steps = [[0, []], [1_000, ["x"]], [2_000, []], [30_000, ["y"]], [31_000, []]] as const;
    assert.equal(run([...steps, [31_000 + RECOVERY_MS - 1, []]]).status, "unhealthy");
    assert.deepEqual(run([...steps, [31_000 + RECOVERY_MS, []]]), { status: "healthy", sinceMs: 31_000 + RECOVERY_MS });
  });

  it("does not change while nothing can be seen, and time without sight does not count as well", () => {
    assert.equal(run([[0, []], [1_000, undefined], [900_000, undefined]]).status, "healthy");
    assert.equal(run([[0, ["x"]], [1_000, []], [2_000, undefined], [RECOVERY_MS + 2_000, []]]).status, "unhealthy");
  });

  it("is never healthy within a minute of a reason, whatever comes", () => {
    const step = fc.record({ afterMs: fc.integer({ min: 1, max: 40_000 }), seen: fc.constantFrom<readonly string[] | undefined>([], [], ["x"], undefined) });
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let [health, nowMs, lastReasonMs]: [Health, number, number | undefined] = [start, 0, undefined];
      for (const { afterMs, seen } of steps) {
        nowMs += afterMs;
        health = nextHealth(health, seen, nowMs);
        if (seen !== undefined && seen.length > 0) lastReasonMs = nowMs;
        if (lastReasonMs !== undefined && nowMs - lastReasonMs < RECOVERY_MS) assert.equal(health.status, "unhealthy");
      }
    }));
  });
});
