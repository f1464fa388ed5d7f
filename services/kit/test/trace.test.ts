import assert from "node:assert/strict";
import { continueTrace, formatTraceparent } from "../src/trace";

const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN_ID = "00f067aa0ba902b7";

describe("trace", () => {
  it("continues the caller's trace with a span of its own", () => {
    const trace = continueTrace(`00-${TRACE_ID}-${SPAN_ID}-01`);
    assert.equal(trace.traceId, TRACE_ID);
    assert.equal(trace.parentId, SPAN_ID);
    assert.equal(trace.sampled, true);
    assert.match(trace.spanId, /^[0-9a-f]{16}$/);
    assert.notEqual(trace.spanId, SPAN_ID);
    assert.equal(formatTraceparent(trace), `00-${TRACE_ID}-${trace.spanId}-01`);
  });

  it("accepts a later version with more at its end", () => {
    assert.equal(continueTrace(`01-${TRACE_ID}-${SPAN_ID}-00-what-comes-next`).traceId, TRACE_ID);
  });

  const malformed = {
    none: undefined,
    empty: "",
    "a zero trace id": `00-${"0".repeat(32)}-${SPAN_ID}-01`,
    "a zero span id": `00-${TRACE_ID}-${"0".repeat(16)}-01`,
    "the forbidden version": `ff-${TRACE_ID}-${SPAN_ID}-01`,
    "upper case": `00-${TRACE_ID.toUpperCase()}-${SPAN_ID}-01`,
    "more at the end of version 00": `00-${TRACE_ID}-${SPAN_ID}-01-x`,
    "something else": "hello",
  };
  for (const [what, header] of Object.entries(malformed)) {
    it(`starts a new trace for ${what}`, () => {
      const trace = continueTrace(header);
      assert.match(trace.traceId, /^(?!0+$)[0-9a-f]{32}$/);
      assert.notEqual(trace.traceId, TRACE_ID);
      assert.equal(trace.parentId, undefined);
    });
  }
});
