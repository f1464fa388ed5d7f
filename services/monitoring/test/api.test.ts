import assert from "node:assert/strict";
import type { ProblemDocument, RunningService } from "../../kit/src";
import { serveTest, testContext } from "../../kit/test/support/context";
import { TRACES_IN, contract } from "../contract";
import { SERIES } from "../src/series";
import { createMonitoringService } from "../src/service";
import { startDatabase } from "./support/database";
import type { Database } from "./support/database";
import { startFakePrometheus } from "./support/fake-prometheus";
import type { FakePrometheus } from "./support/fake-prometheus";
import { AGENT, TRACE_ID } from "./support/lifecycle";

interface Body extends ProblemDocument {
  readonly [name: string]: unknown;
}

describe("monitoring API, on a real PostgreSQL", function () {
  this.timeout(40_000);
  let database: Database;
  let prometheus: FakePrometheus;
  let service: RunningService;

  before(async function () {
    const started = await startDatabase();
    if (started === undefined) this.skip();
    database = started;
    prometheus = await startFakePrometheus();
    prometheus.answers.set("sum by (job) (up)", { agent: 1, edge: 1 });
    const { postgres, telemetry } = database;
    const context = testContext(contract, {
      handles: { postgres, prometheus: { url: prometheus.url } }, telemetry, settings: { criticalJobs: "agent, edge" },
      // Nobody is there: the timeline stays as it is, and everything else works.
      services: { agent: "http://127.0.0.1:9", "message-bus": "http://127.0.0.1:9" },
    });
    service = await serveTest(context, createMonitoringService);
  });
  after(async () => {
    await service?.stop();
    await prometheus?.stop();
    await database?.stop();
  });
  beforeEach(async () => {
    await database.clear();
    prometheus.answers.clear();
    prometheus.failing.clear();
    prometheus.answers.set("sum by (job) (up)", { agent: 1, edge: 1 });
  });

  async function ask(path: string, body?: unknown): Promise<{ readonly status: number; readonly headers: Headers; readonly body: Body }> {
    const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    const response = await fetch(`http://127.0.0.1:${service.port}${path.startsWith("/api") ? path : `/api/v1/monitoring${path}`}`, init);
    return { status: response.status, headers: response.headers, body: (await response.json()) as Body };
  }

  async function addAgents(): Promise<void> {
    await database.postgres.query("insert into agent (id, type, capabilities, state, region, sequence, updated_at) select gen_random_uuid(), 'coder', '{}', case when n = 1 then 'pending' else 'ready' end, 'test', 0, now() from generate_series(1, 3) as n");
  }

  it("shows services and agents, with null for what is not known and never 0", async () => {
    await addAgents();
    prometheus.answers.set(SERIES.requests, { agent: 2.5, memory: 0 });
    prometheus.answers.set(SERIES.errors, { agent: 0.25, memory: "NaN" });
    prometheus.answers.set(SERIES.p99, { agent: 0.012 });
    prometheus.answers.set(SERIES.availabilityLeft, { agent: 0.9 });
    prometheus.answers.set(SERIES.latencyLeft, { agent: -0.5 });
    const { body } = await ask("/overview");
    assert.deepEqual(body["services"], [
      { name: "agent", ready: null, requestsPerSecond: 2.5, errorRatio: 0.25, p50Ms: null, p99Ms: 12, budgetLeft: -0.5, planned501: null },
      { name: "memory", ready: null, requestsPerSecond: 0, errorRatio: null, p50Ms: null, p99Ms: null, budgetLeft: null, planned501: null },
    ]);
    assert.deepEqual([body["region"], body["agents"], body["missing"]], ["test", { total: 3, byState: { pending: 1, ready: 2 } }, []]);
  });

  it("says what it could not ask for, and shows the rest", async () => {
    prometheus.answers.set(SERIES.requests, { agent: 1 });
    prometheus.answers.set(SERIES.availabilityLeft, { agent: 0.9 });
    prometheus.failing.add(SERIES.p99).add("planned_route").add(SERIES.latencyLeft);
    const { status, body } = await ask("/overview");
    assert.deepEqual([status, body["missing"]], [200, ["p99Ms", "budgetLeft", "planned501"]]);
    const [agent] = body["services"] as { requestsPerSecond: number; budgetLeft: null }[];
    assert.deepEqual([agent?.requestsPerSecond, agent?.budgetLeft], [1, null], "half of a budget is not known");
  });

  it("lists objectives, those that are worst off first", async () => {
    prometheus.answers.set(SERIES.availabilityLeft, { agent: 0.9, memory: 0.1 });
    prometheus.answers.set(SERIES.latencyLeft, { agent: 0.5 });
    prometheus.answers.set(SERIES.slowLastHour, { agent: 0.02 });
    const { body } = await ask("/slo");
    assert.deepEqual((body["objectives"] as { service: string; slo: string; budgetLeft: number; badRatioLastHour: number }[]).map(({ service: name, slo, budgetLeft, badRatioLastHour }) => [name, slo, budgetLeft, badRatioLastHour]), [
      ["memory", "availability", 0.1, null], ["agent", "latency", 0.5, 0.02], ["agent", "availability", 0.9, null],
    ]);
    prometheus.failing.add(SERIES.latencyLeft);
    const down = await ask("/slo");
    assert.deepEqual([down.status, down.body.code, down.headers.get("retry-after")], [503, "unavailable", "5"]);
  });

  it("lists alerts that are firing, and not those that may", async () => {
    const alert = (name: string, state: string, activeAt: string): object => ({ labels: { alertname: name, severity: "page", job: "agent" }, annotations: { summary: "s" }, state, activeAt, value: "1e+00" });
    prometheus.alerts.push(alert("B", "firing", "2026-11-24T20:01:00Z"), alert("C", "pending", "2026-11-24T20:00:00Z"), alert("A", "firing", "2026-11-24T20:00:00Z"));
    const alerts = (await ask("/alerts")).body["alerts"] as Record<string, unknown>[];
    assert.deepEqual(alerts.map(({ name }) => name), ["A", "B"]);
    assert.deepEqual(alerts[0], { name: "A", service: "agent", severity: "page", summary: "s", since: "2026-11-24T20:00:00Z", labels: { alertname: "A", severity: "page", job: "agent" } });
  });

  it("tells how the region is, by what it has seen", async () => {
    let body = (await ask("/health/region")).body as { readonly status: unknown };
    while (body.status === "unknown") body = (await ask("/health/region")).body;
    assert.equal(body.status, "healthy");
  });

  it("keeps spans that it is handed, shows them as a tree, and lists traces by their first span", async () => {
    const span = (spanId: string, parentSpanId: string, name: string, atMs: number, tookMs: number): object => ({
      traceId: TRACE_ID, spanId, parentSpanId, name, kind: 2, startTimeUnixNano: `${1_764_014_400_000 + atMs}000000`, endTimeUnixNano: `${1_764_014_400_000 + atMs + tookMs}500000`, status: {},
    });
    const from = (service: string, spans: object[]): object => ({ resource: { attributes: [{ key: "service.name", value: { stringValue: service } }] }, scopeSpans: [{ spans }] });
    const sent = { resourceSpans: [from("message-bus", [span("00000000000000b1", "00000000000000a1", "POST", 2, 3)]), from("agent", [span("00000000000000a1", "", "POST /api/v1/agents", 0, 10), { traceId: "bad" }])] };
    const answer = await ask(TRACES_IN, sent);
    assert.deepEqual([answer.status, (answer.body["partialSuccess"] as { rejectedSpans: string }).rejectedSpans], [200, "1"]);
    assert.deepEqual((await ask(TRACES_IN, sent)).status, 200, "and again, as a collector does whose answer was lost");
    const { body } = await ask(`/traces/${TRACE_ID}`);
    const spans = body["spans"] as { service: string; depth: number; durationMs: number; kind: string; startedAt: string }[];
    assert.deepEqual(spans.map(({ service: name, depth, durationMs, kind }) => [name, depth, durationMs, kind]), [["agent", 0, 10.5, "server"], ["message-bus", 1, 3.5, "server"]]);
    assert.equal(spans[0]?.startedAt, new Date(1_764_014_400_000).toISOString());
    const list = async (query: string): Promise<unknown[]> => (await ask(`/traces${query}`)).body["traces"] as unknown[];
    assert.deepEqual((await list("?service=agent&minDurationMs=10")).map((each) => (each as { spans: number }).spans), [2]);
    assert.deepEqual([await list("?service=message-bus"), await list("?minDurationMs=11")], [[], []]);
  });

  it("answers 404 to what it knows nothing of, 400 to what is no question, and 501 to what is not built", async () => {
    for (const path of [`/traces/${TRACE_ID}`, `/agents/${AGENT}`]) assert.equal((await ask(path)).status, 404, path);
    for (const path of ["/traces/x", "/agents/x", "/events?limit=0", "/events?agentId=x", "/traces?service=A"]) assert.equal((await ask(path)).status, 400, path);
    for (const path of [`/agents/${AGENT}/cost`, "/swarms/x/timeline"]) assert.equal((await ask(path)).status, 501, path);
    assert.deepEqual((await ask("/events?after=7")).body, { events: [], next: 7 });
  });

  it("answers 503 while its database is away, but for what does not stand on it", async () => {
    await database.server.kill();
    try {
      const overview = await ask("/overview");
      assert.deepEqual([overview.status, overview.body["agents"], overview.body["missing"]], [200, null, ["agents"]]);
      const span = { traceId: TRACE_ID, spanId: "00000000000000aa", name: "s", kind: 2, startTimeUnixNano: "1764014400000000000", endTimeUnixNano: "1764014400001000000" };
      const traces = { resourceSpans: [{ resource: { attributes: [{ key: "service.name", value: { stringValue: "agent" } }] }, scopeSpans: [{ spans: [span] }] }] };
      for (const answer of [await ask("/events"), await ask(TRACES_IN, traces), await ask(`/traces/${TRACE_ID}`)]) {
        assert.deepEqual([answer.status, answer.headers.get("retry-after")], [503, "1"]);
      }
    } finally {
      await database.server.restart();
    }
    assert.equal((await ask("/events")).status, 200);
  });
});
