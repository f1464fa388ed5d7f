import { trace } from "@opentelemetry/api";
import { ExportResultCode } from "@opentelemetry/core";
import { InMemorySpanExporter } from "@opentelemetry/sdk-trace";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { HttpMetrics, createTelemetry, extractContext, injectContext, traceOf, withSpan } from "../src/telemetry";
import type { Telemetry, TelemetryArgs } from "../src/telemetry";
import { MAX_WAITING_SPANS } from "../src/telemetry/spans";
import { capturingLogger } from "./support/capturing-logger";

const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = `00-${TRACE_ID}-00f067aa0ba902b7`;

describe("telemetry", () => {
  const open: Telemetry[] = [];
  const { logger, lines } = capturingLogger();

  function start(args: Partial<TelemetryArgs> = {}): Telemetry {
    const made = createTelemetry({ service: "sample", version: "1.2.3", region: "test", instance: "sample-0", logger, ...args });
    open.push(made);
    return made;
  }

  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.shutdown()));
  });

  it("keeps the active span across asynchronous calls, while another one ends", async () => {
    const [one, two] = [start(), start()];
    await one.shutdown();
    await withSpan(two.tracer, "outer", {}, async (span) => {
      await setImmediate();
      assert.equal(trace.getActiveSpan(), span);
    });
  });

  it("lets go of the process when the last one ends", () => {
    // A process of its own, because other tests of this one may hold it still.
    const script = `
      const { context, ROOT_CONTEXT, createContextKey } = require("@opentelemetry/api");
      const { holdContext } = require("./services/kit/src/telemetry/context");
      const key = createContextKey("key");
      const seen = () => context.with(ROOT_CONTEXT.setValue(key, 1), () => context.active().getValue(key) ?? 0);
      const [one, two] = [holdContext(), holdContext()];
      one(); one();
      const before = seen();
      two();
      console.log(before, seen());`;
    const args = ["-r", "ts-node/register/transpile-only", "-e", script];
    assert.equal(execFileSync(process.execPath, args, { cwd: join(__dirname, "../../.."), encoding: "utf8" }), "1 0\n");
  });

  it("nests spans, and marks one that throws with the error's code and not its text", async () => {
    const exporter = new InMemorySpanExporter();
    const { tracer, forceFlush } = start({ spanExporter: exporter });
    const failing = withSpan(tracer, "outer", { a: 1 }, () =>
      withSpan(tracer, "inner", {}, () => Promise.reject(Object.assign(new Error("secret"), { code: "unavailable" }))));
    await assert.rejects(failing, /secret/);
    await forceFlush();
    const [inner, outer] = exporter.getFinishedSpans();
    assert.deepEqual([inner?.name, outer?.name], ["inner", "outer"]);
    assert.equal(inner?.parentSpanContext?.spanId, outer?.spanContext().spanId);
    assert.deepEqual(inner?.attributes, { "error.type": "unavailable" });
    assert.deepEqual(inner?.status, { code: 2, message: "unavailable" });
    assert.deepEqual(outer?.resource.attributes["service.name"], "sample");
  });

  it("hands a trace on in a carrier and takes it up again, with the caller's decision to record", async () => {
    const exporter = new InMemorySpanExporter();
    const { tracer, forceFlush } = start({ spanExporter: exporter, sampleRatio: 0 });
    const carriers = await Promise.all(["01", "00"].map((flags) =>
      withSpan(tracer, "work", {}, () => Promise.resolve(injectContext({})), { parent: extractContext({ traceparent: `${PARENT}-${flags}`, tracestate: "a=b" }) })));
    assert.match(carriers[0]?.["traceparent"] ?? "", new RegExp(`^00-${TRACE_ID}-[0-9a-f]{16}-01$`));
    assert.match(carriers[1]?.["traceparent"] ?? "", new RegExp(`^00-${TRACE_ID}-[0-9a-f]{16}-00$`));
    assert.equal(carriers[0]?.["tracestate"], "a=b");
    await forceFlush();
    assert.equal(exporter.getFinishedSpans().length, 1);
  });

  it("starts a new trace for a malformed traceparent", () => {
    for (const traceparent of ["", "nonsense", `00-${"0".repeat(32)}-00f067aa0ba902b7-01`, `ff-${TRACE_ID}-00f067aa0ba902b7-01`]) {
      assert.equal(traceOf(extractContext({ traceparent })), undefined, traceparent);
    }
  });

  it("writes the metrics in Prometheus' text format, with units in the names and two labels on every series", async () => {
    const { meter, prometheus } = start();
    const metrics = new HttpMetrics(meter);
    metrics.requestStarted();
    metrics.requestFinished({ method: "GET", route: "/a/{id}", status: 200, durationMs: 12 });
    metrics.requestStarted();
    metrics.requestFinished({ method: "MADEUP", route: "unmatched", status: 404, durationMs: 1 });
    metrics.plannedRequested("moveThing");
    const text = await prometheus();
    const labels = 'http_request_method="GET",http_route="/a/{id}",http_response_status_code="200",service_name="sample",region="test"';
    assert.ok(text.includes(`http_server_request_duration_seconds_bucket{${labels},le="0.01"} 0\n`), text);
    assert.ok(text.includes(`http_server_request_duration_seconds_bucket{${labels},le="0.015"} 1\n`));
    assert.match(text, /^http_server_request_duration_seconds_count\{http_request_method="_OTHER",http_route="unmatched",/m);
    assert.match(text, /^http_server_active_requests\{service_name="sample",region="test"\} 0$/m);
    assert.match(text, /^planned_route_requests_total\{operation="moveThing",service_name="sample",region="test"\} 1$/m);
    assert.match(text, /^process_cpu_seconds_total\{.*\} 0\.\d+$|^process_cpu_seconds_total\{.*\} \d+(\.\d+)?$/m);
    assert.match(text, /^process_resident_memory_bytes\{.*\} \d{7,}$/m);
    assert.match(text, /^nodejs_eventloop_delay_p99_seconds\{.*\} \d/m);
    const series = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    assert.deepEqual(series.filter((line) => !line.includes('service_name="sample",region="test"')), []);
  });

  it("drops spans when the collector takes none, counts them and says so once", async () => {
    const pending: (() => void)[] = [];
    let handed = 0;
    const stuck: SpanExporter = {
      export: (spans, done) => {
        handed += spans.length;
        pending.push(() => done({ code: ExportResultCode.FAILED, error: new Error("refused") }));
      },
      shutdown: () => Promise.resolve(),
    };
    const { tracer, prometheus } = start({ spanExporter: stuck });
    for (let index = 0; index < MAX_WAITING_SPANS + 7; index += 1) tracer.startSpan("work").end();
    assert.match(await prometheus(), /^otel_spans_lost_total\{reason="queue full",.*\} 7$/m);
    while (pending.length === 0) await setImmediate();
    const first = handed;
    pending.splice(0).forEach((fail) => fail());
    assert.match(await prometheus(), new RegExp(`^otel_spans_lost_total\\{reason="export failed",.*\\} ${first}$`, "m"));
    assert.equal(lines().filter(({ msg }) => String(msg).startsWith("spans were lost")).length, 1);
    const failing = setInterval(() => pending.splice(0).forEach((fail) => fail()), 1);
    await open[0]?.shutdown();
    clearInterval(failing);
  });

  it("sends spans and metrics to a collector over OTLP", async () => {
    const bodies: Record<string, string> = {};
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        bodies[request.url ?? ""] = body;
        response.writeHead(200, { "content-type": "application/json" }).end("{}");
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const telemetry = start({ endpoint: `http://127.0.0.1:${port}/` });
      await withSpan(telemetry.tracer, "sent", {}, () => Promise.resolve());
      await telemetry.shutdown();
      assert.match(bodies["/v1/traces"] ?? "", /"name":"sent"/);
      assert.match(bodies["/v1/metrics"] ?? "", /"process\.cpu"/);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it("ends although the collector does not answer", async () => {
    const never: SpanExporter = { export: () => undefined, shutdown: () => new Promise(() => undefined) };
    const telemetry = start({ spanExporter: never });
    telemetry.tracer.startSpan("work").end();
    await telemetry.shutdown();
    assert.ok(lines().some(({ msg }) => String(msg).includes("could not be sent in time")));
  });
});
