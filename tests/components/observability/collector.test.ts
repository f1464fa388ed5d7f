import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { collectorConfiguration } from "../../../components/observability/collector";
import type { CollectorConfiguration } from "../../../components/observability/collector/configuration";
import { logShipperConfiguration } from "../../../components/observability/logs";
import { PLATFORM_METRICS } from "../../../components/observability/metric-names";
import { startCollector } from "./running-collector";
import type { RunningCollector } from "./running-collector";
import { judge } from "./tool";

const ARGS: CollectorConfiguration = {
  tracesUrl: "http://monitoring.agentic-flow.svc:8080/otlp/v1/traces",
  exportUrl: undefined,
  exportRatio: 1,
  memoryLimitBytes: 128 * 2 ** 20,
};

interface Configuration {
  readonly exporters: Readonly<Record<string, Record<string, unknown>>>;
  readonly processors: Readonly<Record<string, Record<string, unknown>>>;
  readonly service: { readonly pipelines: Readonly<Record<string, { readonly processors: readonly string[]; readonly exporters: readonly string[] }>> };
}

const configuration = (own: Partial<CollectorConfiguration> = {}) => collectorConfiguration({ ...ARGS, ...own }) as Configuration;
const LOGS = logShipperConfiguration({ region: "local", namespaces: ["agentic-flow"], exportUrl: "https://otlp.example.net", memoryLimitBytes: 128 * 2 ** 20 });

describe("configuration of the collector", () => {
  it("hands spans to the region's store, whole and in JSON, and metrics to nobody: they are read elsewhere", () => {
    const { exporters, service } = configuration();
    assert.deepEqual(exporters["otlp_http/region"], {
      traces_endpoint: ARGS.tracesUrl,
      encoding: "json",
      compression: "none",
      timeout: "10s",
      sending_queue: { enabled: true, num_consumers: 2, queue_size: 200 },
      retry_on_failure: { enabled: true, initial_interval: "1s", max_interval: "15s", max_elapsed_time: "120s" },
    });
    assert.deepEqual(service.pipelines["traces/region"]?.exporters, ["otlp_http/region"]);
    assert.deepEqual(service.pipelines["metrics"]?.exporters, ["debug"]);
    assert.deepEqual(exporters["debug"]?.["output_paths"], ["/dev/null"]);
  });

  it("sends a share of the traces to the user's receiver, beside all of them to the region's store", () => {
    const { processors, service } = configuration({ exportUrl: "https://otlp.example.net", exportRatio: 0.25 });
    assert.deepEqual(processors["probabilistic_sampler"], { sampling_percentage: 25 });
    assert.ok(!(service.pipelines["traces/region"]?.processors ?? []).includes("probabilistic_sampler"));
    assert.deepEqual(service.pipelines["traces/outside"]?.processors, ["memory_limiter", "probabilistic_sampler", "batch"]);
    assert.deepEqual(service.pipelines["metrics"]?.exporters, ["otlp_http/outside"]);
  });

  it("refuses data before its memory is full, first of all that it does", () => {
    const { processors, service } = configuration({ exportUrl: "https://otlp.example.net" });
    assert.deepEqual(processors["memory_limiter"], { check_interval: "1s", limit_mib: 96, spike_limit_mib: 25 });
    for (const pipeline of Object.values(service.pipelines)) assert.equal(pipeline.processors[0], "memory_limiter");
  });

  it("ships the logs of the given namespaces only", () => {
    assert.deepEqual((LOGS as { receivers: { filelog: { include: unknown } } }).receivers.filelog.include, ["/var/log/pods/agentic-flow_*/*/*.log"]);
  });
});

describe("configurations, judged by the collector", function () {
  this.timeout(60_000);
  let collector: string;
  let directory: string;

  before(function () {
    collector = judge(this, "otel-collector");
    directory = mkdtempSync(join(tmpdir(), "collector-test-"));
  });
  after(() => directory !== undefined && rmSync(directory, { recursive: true }));

  function validate(content: object): void {
    const file = join(directory, "collector.json");
    writeFileSync(file, JSON.stringify(content));
    execFileSync(collector, ["validate", `--config=${file}`], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  }

  it("are taken as they are", () => {
    validate(configuration());
    validate(configuration({ exportUrl: "https://otlp.example.net", exportRatio: 0.25 }));
    validate(configuration({ tracesUrl: undefined }));
    validate(LOGS);
  });

  it("would not be taken with a component that does not exist", () => {
    assert.throws(() => validate({ ...configuration(), exporters: { nowhere: {} } }), /nowhere/);
  });
});

describe("collector", function () {
  this.timeout(60_000);
  let running: RunningCollector;

  before(async function () {
    running = await startCollector(judge(this, "otel-collector"), ARGS.memoryLimitBytes);
  });
  after(() => running?.stop());

  it("is healthy, hands a span on in JSON, drops pushed metrics, and counts under the names that rules read", async () => {
    assert.equal((await fetch(running.healthUrl)).status, 200);
    const { traces, metrics } = running.otlp;
    const span = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", name: "GET /", kind: 2, startTimeUnixNano: "1", endTimeUnixNano: "2" };
    assert.equal((await post(traces, { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })).status, 200);
    const point = { timeUnixNano: "1", asInt: "1" };
    assert.equal((await post(metrics, { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: "m", gauge: { dataPoints: [point] } }] }] }] })).status, 200);
    const received = JSON.parse(await running.received) as { resourceSpans: { scopeSpans: { spans: { traceId: string }[] }[] }[] };
    assert.equal(received.resourceSpans[0]?.scopeSpans[0]?.spans[0]?.traceId, span.traceId);
    const text = await (await fetch(running.metricsUrl)).text();
    for (const name of PLATFORM_METRICS.filter((metric) => metric.startsWith("otelcol_") && !SEEN_LATER.includes(metric))) {
      assert.ok(text.includes(`\n${name}{`), `${name} is not among\n${text}`);
    }
  });
});

/** Counters that exist from the first failure on. */
const SEEN_LATER: readonly string[] = ["otelcol_exporter_send_failed_spans", "otelcol_exporter_enqueue_failed_spans"];

function post(url: string, body: object): Promise<Response> {
  return fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}
