import assert from "node:assert/strict";
import fc from "fast-check";
import type { SpanRecord } from "../src/otlp";
import { toTree } from "../src/trace-tree";

const span = (spanId: string, parentSpanId: string | undefined, startedNs: number): SpanRecord => ({
  traceId: "t", spanId, parentSpanId, service: "s", name: spanId, kind: 0, startedNs: BigInt(startedNs), durationNs: 1n, failed: false, attributes: {},
});

describe("trace as a tree", () => {
  it("has each span before its children, and children in the order of their start", () => {
    const tree = toTree([span("d", "b", 4), span("c", "a", 5), span("b", "a", 2), span("a", undefined, 1), span("e", "lost", 3)]);
    assert.deepEqual(tree.map(({ span: { spanId }, depth }) => `${spanId}${depth}`), ["a0", "b1", "d2", "c1", "e0"]);
  });

  it("has every span once, also when parents go in a circle or are missing", () => {
    const id = fc.constantFrom("a", "b", "c", "d", "e", "f");
    fc.assert(fc.property(fc.uniqueArray(fc.tuple(id, fc.option(id, { nil: undefined }), fc.nat(9)), { selector: ([spanId]) => spanId }), (all) => {
      const tree = toTree(all.map(([spanId, parent, at]) => span(spanId, parent, at)));
      assert.deepEqual(tree.map(({ span: { spanId } }) => spanId).sort(), all.map(([spanId]) => spanId).sort());
    }));
  });

  it("takes a chain as long as a trace may be", () => {
    const chain = Array.from({ length: 20_000 }, (_, index) => span(String(index), index === 0 ? undefined : String(index - 1), index));
    assert.equal(toTree(chain).at(-1)?.depth, 19_999);
  });
});
