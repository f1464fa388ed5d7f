import assert from "node:assert/strict";
import fc from "fast-check";
import { choose } from "../src/rendezvous";

const KEYS = Array.from({ length: 10_000 }, (_, index) => `agent-${index}`);
const names = ["v1", "v2", "v3", "v4"];
const weights = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: names.length, maxLength: names.length }).map((all) => Object.fromEntries(all.map((weight, index) => [names[index] ?? "", weight])));

describe("weighted rendezvous hashing", () => {
  it("gives each its share of keys, within a percent point and a half", () => {
    const shares = { v1: 60, v2: 30, v3: 9, v4: 1 };
    const counts = new Map<string, number>();
    for (const key of KEYS) {
      const chosen = choose("m", key, shares) ?? "";
      counts.set(chosen, (counts.get(chosen) ?? 0) + 1);
    }
    for (const [name, share] of Object.entries(shares)) {
      const got = ((counts.get(name) ?? 0) / KEYS.length) * 100;
      assert.ok(Math.abs(got - share) <= 1.5, `${name} has ${got} % and should have ${share} %`);
    }
  });

  it("gives a key the same one, in whatever order they stand", () => {
    fc.assert(
      fc.property(fc.string(), weights, (key, given) => {
        const reversed = Object.fromEntries(Object.entries(given).reverse());
        assert.equal(choose("m", key, given), choose("m", key, reversed));
      }),
    );
  });

  it("never chooses a weight of 0, and nothing when all are", () => {
    fc.assert(
      fc.property(fc.string(), weights, (key, given) => {
        const chosen = choose("m", key, given);
        if (chosen === undefined) assert.ok(Object.values(given).every((weight) => weight === 0));
        else assert.ok((given[chosen] ?? 0) > 0);
      }),
    );
  });

  it("moves a key only to one that has grown compared with the one it leaves", () => {
    let moved = 0;
    fc.assert(
      fc.property(fc.string(), weights, weights, (key, before, after) => {
        const [from, to] = [choose("m", key, before), choose("m", key, after)];
        if (from === undefined || to === undefined || from === to) return;
        moved += 1;
        assert.ok((after[to] ?? 0) * (before[from] ?? 0) > (before[to] ?? 0) * (after[from] ?? 0));
      }),
      { numRuns: 500 },
    );
    assert.ok(moved > 0);
  });

  it("moves ten of a hundred keys, all to the canary, when it grows from 10 to 20 percent", () => {
    const [before, after] = [{ stable: 90, canary: 10 }, { stable: 80, canary: 20 }];
    const moves = KEYS.filter((key) => choose("m", key, before) !== choose("m", key, after));
    assert.ok(moves.every((key) => choose("m", key, after) === "canary"));
    assert.ok(Math.abs(moves.length / KEYS.length - 0.1) < 0.015, String(moves.length));
  });

  it("does not give one caller the canaries of all models", () => {
    const both = KEYS.filter((key) => choose("a", key, { v1: 90, v2: 10 }) === "v2" && choose("b", key, { v1: 90, v2: 10 }) === "v2");
    assert.ok(both.length / KEYS.length < 0.02, String(both.length));
  });
});
