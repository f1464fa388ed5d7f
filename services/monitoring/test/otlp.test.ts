import assert from "node:assert/strict";
import { MAX_ATTRIBUTE_TEXT, MAX_SPANS_PER_REQUEST, MAX_SPAN_ATTRIBUTES } from "../limits";
import { parseExport } from "../src/otlp";

const SPAN = {
  traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7", parentSpanId: "", name: "GET /x", kind: 2,
  startTimeUnixNano: "1764014400000000001", endTimeUnixNano: "1764014400005000001", status: {},
};

const request = (spans: unknown): object => ({
  resourceSpans: [{ resource: { attributes: [{ key: "service.name", value: { stringValue: "agent" } }] }, scopeSpans: [{ scope: {}, spans }] }],
});

describe("spans in OTLP's JSON", () => {
  it("are read with the service they belong to, to the nanosecond", () => {
    const { spans, rejected } = parseExport(request([{ ...SPAN, parentSpanId: "00f067aa0ba902b8", status: { code: 2, message: "x" } }, { ...SPAN, spanId: "00f067aa0ba902b9" }]));
    assert.equal(rejected, 0);
    assert.deepEqual(spans[0], {
      traceId: SPAN.traceId, spanId: SPAN.spanId, parentSpanId: "00f067aa0ba902b8", service: "agent", name: "GET /x", kind: 2,
      startedNs: 1764014400000000001n, durationNs: 5_000_000n, failed: true, attributes: {},
    });
    assert.deepEqual([spans[1]?.parentSpanId, spans[1]?.failed], [undefined, false]);
  });

  it("keep attributes of every kind, so many and so long", () => {
    const attributes = [
      { key: "s", value: { stringValue: `\0${"x".repeat(MAX_ATTRIBUTE_TEXT)}` } }, { key: "i", value: { intValue: "42" } }, { key: "b", value: { boolValue: false } },
      { key: "d", value: { doubleValue: 0.5 } }, { key: "a", value: { arrayValue: { values: [{ intValue: "1" }] } } },
      ...Array.from({ length: MAX_SPAN_ATTRIBUTES }, (_, index) => ({ key: `k${index}`, value: { boolValue: true } })),
    ];
    const [span] = parseExport(request([{ ...SPAN, attributes }])).spans;
    assert.deepEqual([span?.attributes["i"], span?.attributes["b"], span?.attributes["d"], span?.attributes["a"]], [42, false, 0.5, '{"arrayValue":{"values":[{"intValue":"1"}]}}']);
    assert.equal(span?.attributes["s"], "x".repeat(MAX_ATTRIBUTE_TEXT));
    assert.equal(Object.keys(span?.attributes ?? {}).length, MAX_SPAN_ATTRIBUTES);
    const halved = [{ key: "s", value: { stringValue: `${"x".repeat(MAX_ATTRIBUTE_TEXT - 1)}\u{1F600}` } }];
    const [cutSpan] = parseExport(request([{ ...SPAN, attributes: halved }])).spans;
    assert.equal(cutSpan?.attributes["s"], `${"x".repeat(MAX_ATTRIBUTE_TEXT - 1)}\u{FFFD}`, "half of a character is none");
  });

  it("that are malformed are left out by themselves, with the reason", () => {
    const bad = [
      { ...SPAN, traceId: "X" }, { ...SPAN, spanId: 7 }, { ...SPAN, parentSpanId: "?" }, { ...SPAN, startTimeUnixNano: "soon" },
      { ...SPAN, endTimeUnixNano: "1" }, { ...SPAN, endTimeUnixNano: "9999999999999999999" }, null, "x",
    ];
    const { spans, rejected, reason } = parseExport(request([...bad, SPAN]));
    assert.deepEqual([spans.length, rejected], [1, bad.length]);
    assert.match(reason ?? "", /'traceId' must be/);
  });

  it("of one request are bounded, and what is no export holds none", () => {
    const { spans, rejected } = parseExport(request(Array.from({ length: MAX_SPANS_PER_REQUEST + 3 }, () => SPAN)));
    assert.deepEqual([spans.length, rejected], [MAX_SPANS_PER_REQUEST, 3]);
    for (const nothing of [{}, { resourceSpans: "x" }, { resourceSpans: [{}, null, { scopeSpans: [{ spans: {} }] }] }]) assert.deepEqual(parseExport(nothing).spans, []);
  });
});
