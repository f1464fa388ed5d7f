import { InMemorySpanExporter } from "@opentelemetry/sdk-trace";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { trace } from "@opentelemetry/api";
import assert from "node:assert/strict";
import { remainingMs } from "../src/deadline";
import { createTelemetry, runService, withSpan } from "../src";
import { capturingLogger } from "./support/capturing-logger";
import { sample, sampleOperations, startSample } from "./support/sample";
import type { RunningSample } from "./support/sample";

const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = `00-${TRACE_ID}-00f067aa0ba902b7-01`;

describe("trace of a request", () => {
  const exporter = new InMemorySpanExporter();
  let service: RunningSample;
  let work: () => Promise<void>;

  before(async () => {
    service = await startSample({ work: () => work(), telemetry: { spanExporter: exporter } });
  });
  beforeEach(() => {
    work = () => Promise.resolve();
    exporter.reset();
  });
  after(() => service.stop());

  function put(headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${service.url}/api/v1/things/abc?secret=1`, {
      method: "PUT", body: JSON.stringify({ name: "ab", size: 1 }), headers: { "content-type": "application/json", ...headers },
    });
  }

  /** The span of the request, which ends a moment after its answer. */
  async function span(): Promise<ReadableSpan> {
    for (;;) {
      await service.telemetry.forceFlush();
      const [found] = exporter.getFinishedSpans();
      if (found !== undefined) return found;
    }
  }

  it("has one span, named by the contract, which continues the caller's", async () => {
    await put({ traceparent: PARENT });
    const { name, kind, attributes, parentSpanContext, status } = await span();
    assert.equal(name, "PUT /api/v1/things/{id}");
    assert.equal(kind, 1);
    assert.equal(parentSpanContext?.spanId, "00f067aa0ba902b7");
    assert.deepEqual(attributes, {
      "http.request.method": "PUT", "http.route": "/api/v1/things/{id}", "url.path": "/api/v1/things/abc", "http.response.status_code": 200,
    });
    assert.equal(status.code, 0);
  });

  it("is active in the handler, also behind a body, and in what the handler logs", async () => {
    let active: string | undefined;
    work = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      active = trace.getActiveSpan()?.spanContext().traceId;
    };
    await put({ traceparent: PARENT });
    assert.equal(active, TRACE_ID);
    assert.equal((await span()).spanContext().traceId, TRACE_ID);
  });

  it("marks an answer of 500 and above as an error", async () => {
    work = () => Promise.reject(new Error("no"));
    const problem = (await (await put()).json()) as { traceId: string };
    const found = await span();
    assert.deepEqual([found.status.code, found.attributes["http.response.status_code"]], [2, 500]);
    assert.equal(problem.traceId, found.spanContext().traceId);
  });

  it("has no route in its name when nothing is published at the path", async () => {
    await fetch(`${service.url}/made/up`);
    assert.equal((await span()).name, "GET");
  });

  it("gives the work the time that its caller has, and no more than the contract's", async () => {
    const left: (number | undefined)[] = [];
    work = () => {
      left.push(remainingMs());
      return Promise.resolve();
    };
    for (const header of ["150", "999999999", "soon"]) await put({ "x-deadline-ms": header });
    const limit = sample.limits.requestTimeoutMs;
    assert.ok(left[0] !== undefined && left[0] > 0 && left[0] <= 150, String(left[0]));
    for (const each of left.slice(1)) assert.ok(each !== undefined && each > 150 && each <= limit, String(each));
    work = () => new Promise(() => undefined);
    const answer = await put({ "x-deadline-ms": "20" });
    assert.equal(answer.status, 504);
    assert.match(await answer.text(), /not finished within (20|1\d) ms/);
  });

  it("is none where the collector hands spans over: each would be handed over and taken in again, for ever", async () => {
    const { logger } = capturingLogger();
    const spans = new InMemorySpanExporter();
    const telemetry = createTelemetry({ service: "sample", version: "1", region: "test", instance: "s", logger, spanExporter: spans });
    const contract = { ...sample, routes: { ...sample.routes, listThings: { ...sample.routes.listThings, audience: "collector" as const } } };
    const operations = sampleOperations(() => withSpan(telemetry.tracer, "inner", {}, () => Promise.resolve()));
    const taker = await runService({ contract, operations, dependencies: [], region: "test", logger, telemetry, port: 0, adminPort: 0, host: "127.0.0.1" });
    const url = `http://127.0.0.1:${taker.port}/api/v1/things`;
    assert.equal((await fetch(url, { headers: { traceparent: PARENT } })).status, 200);
    await fetch(`${url}/abc`, { method: "PUT", body: JSON.stringify({ name: "ab", size: 1 }), headers: { "content-type": "application/json" } });
    await taker.stop();
    await telemetry.forceFlush();
    assert.deepEqual(spans.getFinishedSpans().map(({ name }) => name), ["inner", "PUT /api/v1/things/{id}"]);
    await telemetry.shutdown();
  });
});
