import { context } from "@opentelemetry/api";
import { InMemorySpanExporter } from "@opentelemetry/sdk-trace";
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Type } from "typebox";
import { HEALTH_PATHS, SERVICE_LIMITS, SERVICE_OBJECTIVE, SERVICE_PORTS, SERVICE_SHUTDOWN, defineContract } from "../contract";
import { CallCancelled, CircuitOpen, DeadlineExceeded, UpstreamProblem, UpstreamUnavailable, createClient } from "../src/client";
import type { ServiceClient , CallError} from "../src/client";
import { openClients } from "../src/clients";
import { withDeadlineIn } from "../src/deadline";
import { createTelemetry, withSpan } from "../src/telemetry";
import type { Telemetry } from "../src/telemetry";
import { capturingLogger } from "./support/capturing-logger";
import { freePorts } from "./support/etcd-server";
import { startSample, sample } from "./support/sample";
import { answer, startScripted } from "./support/scripted-server";
import type { ScriptedServer } from "./support/scripted-server";

const Thing = Type.Object({ name: Type.String() }, { additionalProperties: false });
const peer = defineContract({
  name: "peer", version: "1.0.0", summary: "Is called by the tests",
  ports: SERVICE_PORTS, prefixes: ["/peer"], health: HEALTH_PATHS, limits: SERVICE_LIMITS, shutdown: SERVICE_SHUTDOWN,
  routes: {
    getThing: {
      method: "GET", path: "/peer/{id}", summary: "Read", status: "available",
      schema: {
        params: Type.Object({ id: Type.String() }), query: Type.Object({ tag: Type.Array(Type.String()), limit: Type.Integer({ default: 5 }) }),
        responses: { 200: { description: "It", body: Thing }, 404: { description: "None" } },
      },
    },
    makeThing: {
      method: "POST", path: "/peer", summary: "Make", status: "available",
      schema: { headers: Type.Object({ "if-match": Type.Optional(Type.String()) }), body: Thing, responses: { 201: { description: "Made", body: Thing } } },
    },
    later: { method: "POST", path: "/peer/{id}/later", summary: "Not built", status: "planned" },
  },
  needs: [], stores: [], topics: { publishes: [], consumes: [] }, env: {}, calls: [], slo: SERVICE_OBJECTIVE,
});

describe("client", () => {
  const { logger, lines } = capturingLogger();
  let spans: InMemorySpanExporter;
  let telemetry: Telemetry;
  let server: ScriptedServer;
  let client: ServiceClient<typeof peer>;

  beforeEach(async () => {
    spans = new InMemorySpanExporter();
    telemetry = createTelemetry({ service: "sample", version: "1", region: "test", instance: "0", logger, spanExporter: spans });
    server = await startScripted();
    client = createClient(peer, { baseUrl: server.url, telemetry, logger, halfOpenAfterMs: 30 });
  });
  afterEach(async () => {
    await client.close();
    await server.stop();
    await telemetry.shutdown();
  });

  const get = (more: object = {}): Promise<unknown> => client.call("getThing", { params: { id: "a" }, ...more });
  const make = (more: object = {}): Promise<unknown> => client.call("makeThing", { body: { name: "b" }, ...more });

  async function failure<T extends CallError>(work: Promise<unknown>, type: abstract new (...args: never[]) => T): Promise<T> {
    const error = await work.then(() => assert.fail("did not fail"), (thrown: unknown) => thrown);
    assert.ok(error instanceof type, String(error));
    return error;
  }

  it("puts the parts of a call where the contract has them, and gives back a typed answer", async () => {
    server.script = (_request, response) => answer(response, 201, { name: "b" }, { etag: '"1"' });
    const made = await client.call("makeThing", { body: { name: "b" }, headers: { "if-match": '"0"' }, idempotencyKey: "k-1" });
    const name: string = made.body.name;
    assert.deepEqual([made.status, name, made.headers["etag"]], [201, "b", '"1"']);
    server.script = (_request, response) => answer(response, 200, { name: "a" });
    const got = await client.call("getThing", { params: { id: "a/b c" }, query: { tag: ["x", "y"], limit: 3 } });
    if (got.status === 200) assert.equal(got.body.name, "a");
    const [first, second] = server.received;
    assert.deepEqual([first?.method, first?.url, first?.body], ["POST", "/peer", '{"name":"b"}']);
    assert.equal(first?.headers["if-match"], '"0"');
    assert.equal(first?.headers["idempotency-key"], "k-1");
    assert.deepEqual([second?.method, second?.url, second?.body], ["GET", "/peer/a%2Fb%20c?tag=x&tag=y&limit=3", ""]);
    await assert.rejects(client.call("getThing", { params: { id: "" } }), /'params.id' is missing/);
  });

  it("gives back an answer that the contract knows, also when it is not a success", async () => {
    server.script = (_request, response) => answer(response, 404);
    assert.equal((await client.call("getThing", { params: { id: "a" } })).status, 404);
  });

  it("throws the other side's problem, with its code", async () => {
    const problem = { type: "urn:x", title: "t", status: 409, detail: "taken", code: "name-taken", extra: 7 };
    server.script = (_request, response) => answer(response, 409, problem);
    const error = await failure(make(), UpstreamProblem);
    assert.deepEqual([error.status, error.code, error.document["extra"], error.applied, error.service], [409, "name-taken", 7, "no", "peer"]);
    server.script = (_request, response) => response.writeHead(418, { "content-type": "text/html" }).end("<p>");
    assert.equal((await failure(make(), UpstreamProblem)).code, "unexpected-answer");
    server.script = (_request, response) => answer(response, 501, { ...problem, status: 501, code: "not-built" });
    assert.equal((await failure(client.call("later", { params: { id: "a" } }), UpstreamProblem)).code, "not-built");
    assert.equal(server.received.length, 3);
  });

  it("tries again what may be repeated, and nothing else", async () => {
    server.script = (_request, response, index) => answer(response, index % 3 === 0 ? 200 : 503, { name: "a" });
    await get();
    assert.equal(server.received.length, 3);
    server.received.length = 0;
    server.script = (_request, response, index) => answer(response, index === 2 ? 201 : 502, { name: "b" });
    assert.equal((await failure(make(), UpstreamUnavailable)).applied, "unknown");
    assert.equal(server.received.length, 1);
    server.received.length = 0;
    await make({ idempotencyKey: "k" });
    assert.deepEqual(server.received.map(({ headers }) => headers["idempotency-key"]), ["k", "k"]);
  });

  it("waits as long as the other side asks, and not beyond the deadline", async () => {
    server.script = (_request, response, index) => answer(response, index === 1 ? 503 : 200, { name: "a" }, { "retry-after": "0" });
    await get();
    assert.equal(server.received.length, 2);
    server.script = (_request, response) => answer(response, 503, undefined, { "retry-after": "60" });
    const error = await failure(get({ deadlineMs: 500 }), UpstreamUnavailable);
    assert.deepEqual([error.retryAfterMs, error.status], [60_000, 503]);
    assert.equal(server.received.length, 3);
  });

  it("stops at its deadline, hands it on, and takes over that of the request being served", async () => {
    server.script = () => undefined;
    assert.equal((await failure(make({ deadlineMs: 40 }), DeadlineExceeded)).applied, "unknown");
    await failure(context.with(withDeadlineIn(context.active(), 30), () => get({ deadlineMs: 10_000 })), DeadlineExceeded);
    const sent = server.received.map(({ headers }) => Number(headers["x-deadline-ms"]));
    assert.ok((sent[0] ?? 99) <= 40 && (sent[1] ?? 99) <= 30, sent.join());
    assert.equal((await failure(context.with(withDeadlineIn(context.active(), -1), () => get()), DeadlineExceeded)).applied, "no");
    assert.equal(server.received.length, 2);
  });

  it("stops when its caller gives up", async () => {
    const abort = new AbortController();
    server.script = () => abort.abort();
    await failure(get({ signal: abort.signal }), CallCancelled);
    await failure(get({ signal: abort.signal }), CallCancelled);
    assert.equal(server.received.length, 1);
  });

  it("opens the circuit after failures in a row, and closes it when a call works again", async () => {
    server.script = (_request, response) => answer(response, 503);
    for (let call = 0; call < 5; call += 1) await failure(make(), UpstreamUnavailable);
    assert.equal((await failure(make(), CircuitOpen)).applied, "no");
    assert.equal(server.received.length, 5);
    assert.match(await telemetry.prometheus(), /^http_client_circuit_open\{peer_service="peer",.*\} 1$/m);
    server.script = (_request, response) => answer(response, 201, { name: "b" });
    const until = Date.now() + 5_000;
    while ((await make().then(() => false, () => true)) && Date.now() < until) await sleep(10);
    await make();
    assert.deepEqual(lines().map(({ msg }) => String(msg)).filter((msg) => msg.startsWith("circuit")).map((msg) => msg.split(":")[0]), ["circuit opened", "circuit closed"]);
  });

  it("does not open the circuit for problems that the other side has with the request", async () => {
    server.script = (_request, response) => answer(response, 400, { type: "", title: "", status: 400, detail: "", code: "invalid-request" });
    for (let call = 0; call < 10; call += 1) await failure(make(), UpstreamProblem);
    assert.equal(server.received.length, 10);
  });

  it("spends no more retries than its budget", async () => {
    server.script = (_request, response, index) => answer(response, index % 2 === 0 ? 200 : 503, { name: "a" });
    const outcomes = await Promise.all(Array.from({ length: 4 }, async () => {
      for (let call = 0; call < 10; call += 1) await get().catch(() => undefined);
    }));
    assert.equal(outcomes.length, 4);
    const text = await telemetry.prometheus();
    const count = (outcome: string): number => Number(new RegExp(`^http_client_retries_total\\{peer_service="peer",outcome="${outcome}".*\\} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
    assert.ok(count("denied") > 0 && count("made") <= 3 + 40 * 0.2 + 1, text);
  });

  it("says that nothing was done when there is nobody to connect to", async () => {
    const [port] = await freePorts(1);
    const lonely = createClient(peer, { baseUrl: `http://127.0.0.1:${port}`, telemetry, logger });
    const error = await failure(lonely.call("makeThing", { body: { name: "b" } }), UpstreamUnavailable);
    assert.deepEqual([error.applied, error.retryable], ["no", true]);
    assert.match(error.message, /ECONNREFUSED/);
    await lonely.close();
  });

  it("shows each attempt as a span, and hands the trace on", async () => {
    server.script = (_request, response, index) => answer(response, index === 1 ? 503 : 200, { name: "a" });
    await withSpan(telemetry.tracer, "work", {}, () => get());
    await telemetry.forceFlush();
    const [first, second, work] = spans.getFinishedSpans();
    assert.deepEqual([first?.name, second?.name, work?.name], ["GET /peer/{id}", "GET /peer/{id}", "work"]);
    assert.deepEqual([first?.status.code, second?.status.code], [2, 0]);
    assert.equal(second?.attributes["http.request.resend_count"], 1);
    const [sent, again] = server.received.map(({ headers }) => headers["traceparent"]);
    assert.equal(sent, `00-${work?.spanContext().traceId}-${first?.spanContext().spanId}-01`);
    assert.equal(again, `00-${work?.spanContext().traceId}-${second?.spanContext().spanId}-01`);
    const text = await telemetry.prometheus();
    assert.match(text, /^http_client_request_duration_seconds_count\{peer_service="peer",http_response_status_code="503",service_name="sample",region="test"\} 1$/m);
  });

  it("talks to a server of the kit, which continues its trace", async () => {
    const service = await startSample();
    const clients = openClients({ contract: { ...peer, calls: ["sample"] }, urls: { sample: service.url }, telemetry, logger });
    const own = clients.client(sample);
    assert.equal(clients.client(sample), own);
    assert.throws(() => clients.client(peer), /'peer' has no way to 'peer'; add it to 'calls'/);
    const listed = await own.call("listThings", { query: { limit: 3 } });
    assert.equal(listed.body.limit, 3);
    const refused = await failure(own.call("putThing", { params: { id: "abc" }, body: { name: "a", size: -1 } }), UpstreamProblem);
    assert.deepEqual(refused.document.violations?.map(({ pointer }) => pointer), ["/name", "/size"]);
    assert.equal((await failure(own.call("moveThing", { params: { id: "abc" } }), UpstreamProblem)).code, "not-built");
    await telemetry.forceFlush();
    assert.equal(refused.document.traceId, spans.getFinishedSpans()[1]?.spanContext().traceId);
    await clients.close();
    await service.stop();
  });
});
