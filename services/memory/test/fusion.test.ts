import assert from "node:assert/strict";
import fc from "fast-check";
import { fuse } from "../src/fusion";

const ranking = fc.uniqueArray(fc.integer({ min: 0, max: 30 }));

describe("fusion of rankings", () => {
  it("keeps the order of one ranking, its first at 1", () => {
    const fused = fuse([["a", "b", "c"]]);
    assert.deepEqual(fused.map(({ id }) => id), ["a", "b", "c"]);
    assert.equal(fused[0]?.score, 1);
  });

  it("prefers what two rankings have to what one has further up", () => {
    assert.deepEqual(fuse([["a", "b"], ["c", "b"]]).map(({ id }) => id)[0], "b");
  });

  it("gives each once, best first, from 0 to 1, in whatever order the rankings come", () => {
    fc.assert(
      fc.property(fc.array(ranking, { minLength: 1, maxLength: 3 }), (rankings) => {
        const fused = fuse(rankings);
        assert.deepEqual(new Set(fused.map(({ id }) => id)), new Set(rankings.flat()));
        assert.equal(new Set(fused.map(({ id }) => id)).size, fused.length);
        assert.ok(fused.every(({ score }, index) => score > 0 && score <= 1 + 1e-9 && score <= (fused[index - 1]?.score ?? 1) + 1e-9));
        const scores = new Map(fuse([...rankings].reverse()).map(({ id, score }) => [id, score]));
        for (const { id, score } of fused) assert.ok(Math.abs((scores.get(id) ?? 0) - score) < 1e-9);
      }),
    );
  });
});
