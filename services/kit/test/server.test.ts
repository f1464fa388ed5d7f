import assert from "node:assert/strict";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProblemDocument } from "../src";
import { EtcdError } from "../src/etcd";
import { sample, sendRaw, startSample } from "./support/sample";
import type { RunningSample } from "./support/sample";

const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";

interface Seen {
  readonly status: number;
  readonly headers: Headers;
  readonly problem: ProblemDocument;
}

describe("server", () => {
  let service: RunningSample;
  let work: (signal: AbortSignal) => Promise<void>;

  before(async () => {
    service = await startSample({ work: (signal) => work(signal) });
  });
  beforeEach(() => {
    work = () => Promise.resolve();
  });
  after(() => service.stop());

  async function ask(path: string, init: RequestInit = {}): Promise<Seen> {
    const response = await fetch(`${service.url}${path}`, init);
    return { status: response.status, headers: response.headers, problem: (await response.json()) as ProblemDocument };
  }

  function put(body: string, type = "application/json", id = "abc"): Promise<Seen> {
    return ask(`/api/v1/things/${id}`, { method: "PUT", body, headers: { "content-type": type } });
  }

  function assertProblem(seen: Seen, status: number, code: string): void {
    assert.deepEqual([seen.status, seen.problem.code, seen.problem.status], [status, code, status]);
    assert.equal(seen.headers.get("content-type"), "application/problem+json");
    assert.equal(seen.problem.type, `urn:agentic-flow:problem:${code}`);
    assert.equal(seen.problem.traceId, seen.headers.get("traceparent")?.split("-")[1]);
    assert.ok(seen.problem.title.length > 0 && seen.problem.detail.length > 0);
  }

  it("gives a valid request to its handler and the answer back", async () => {
    const seen = await put(JSON.stringify({ name: "ab", size: 3 }));
    assert.equal(seen.status, 200);
    assert.deepEqual(seen.problem, { name: "ab", size: 3 });
  });

  it("continues the caller's trace and returns it", async () => {
    const { headers } = await ask("/api/v1/things", { headers: { traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-01` } });
    assert.match(headers.get("traceparent") ?? "", new RegExp(`^00-${TRACE_ID}-[0-9a-f]{16}-01$`));
    assert.ok(service.lines().some((line) => line["traceId"] === TRACE_ID && line["msg"] === "request"), "the request's log line has the trace id");
  });

  it("reads numbers and defaults in the query", async () => {
    assert.deepEqual((await ask("/api/v1/things?limit=7")).problem, { limit: 7 });
    assert.deepEqual((await ask("/api/v1/things")).problem, { limit: 5 });
  });

  it("lists all violations of all parts of a request at once, unknown fields among them", async () => {
    const seen = await put(JSON.stringify({ name: "a", size: "3", tags: [1], extra: true, "a/b": 0 }), "application/json", "ABC");
    assertProblem(seen, 400, "invalid-request");
    const found = seen.problem.violations?.map(({ in: where, pointer }) => `${where} ${pointer}`).sort();
    assert.deepEqual(found, ["body /a~1b", "body /extra", "body /name", "body /size", "body /tags/0", "path id"]);
  });

  it("lists missing fields and a missing body", async () => {
    assert.deepEqual((await put("{}")).problem.violations?.map(({ pointer, detail }) => [pointer, detail]), [["/name", "is required"], ["/size", "is required"]]);
    const seen = await ask("/api/v1/things/abc", { method: "PUT" });
    assert.deepEqual(seen.problem.violations?.map(({ pointer }) => pointer), [""]);
  });

  it("takes no body for none, though its type was given: it is missing where one is needed, and no fault elsewhere", async () => {
    const seen = await put("");
    assertProblem(seen, 400, "invalid-request");
    assert.deepEqual(seen.problem.violations?.map(({ pointer }) => pointer), [""]);
    const headers = { "content-type": "application/json" };
    assertProblem(await ask("/api/v1/things/abc/move", { method: "POST", headers, body: "" }), 501, "not-built");
  });

  it("refuses unknown and malformed parameters of the query", async () => {
    const seen = await ask("/api/v1/things?limit=many&sort=up");
    assertProblem(seen, 400, "invalid-request");
    assert.deepEqual(seen.problem.violations?.map(({ in: where, pointer }) => `${where} ${pointer}`).sort(), ["query limit", "query sort"]);
  });

  it("answers 400 to a body that is not JSON, or would change an object's prototype", async () => {
    assertProblem(await put("{"), 400, "malformed-request");
    assertProblem(await put('{"__proto__":{"x":1}}'), 400, "malformed-request");
  });

  it("answers 404 with the path", async () => {
    const seen = await ask("/api/v1/nothing?secret=1");
    assertProblem(seen, 404, "route-not-found");
    assert.equal(seen.problem.instance, "/api/v1/nothing");
  });

  it("answers 405 with the methods that are allowed", async () => {
    const seen = await ask("/api/v1/things", { method: "DELETE" });
    assertProblem(seen, 405, "method-not-allowed");
    assert.equal(seen.headers.get("allow"), "GET, HEAD");
    assert.equal((await ask("/api/v1/things/abc", { method: "POST", body: "x" })).headers.get("allow"), "PUT");
  });

  it("answers 413 to a body over the contract's limit, with and without a declared length", async () => {
    const large = JSON.stringify({ name: "x".repeat(sample.limits.requestBodyBytes), size: 1 });
    assertProblem(await put(large), 413, "body-too-large");
    const body = new Blob([large]).stream();
    const init: RequestInit & { duplex: "half" } = { method: "PUT", body, duplex: "half", headers: { "content-type": "application/json" } };
    assertProblem(await ask("/api/v1/things/abc", init), 413, "body-too-large");
  });

  it("answers 415 to anything but JSON", async () => {
    for (const type of ["text/plain", "application/xml", "application/x-www-form-urlencoded"]) {
      assertProblem(await put("x", type), 415, "unsupported-media-type");
    }
  });

  it("answers 501 to a published route that is not built", async () => {
    assertProblem(await ask("/api/v1/things/abc/move", { method: "POST" }), 501, "not-built");
  });

  it("answers 500 without the text of what was thrown, and logs it", async () => {
    work = () => Promise.reject(new Error("the secret reason"));
    const seen = await ask("/api/v1/things");
    assertProblem(seen, 500, "internal");
    assert.ok(!JSON.stringify(seen.problem).includes("secret reason"));
    const line = service.lines().find((each) => each["level"] === "error" && each["traceId"] === seen.problem.traceId);
    assert.match(JSON.stringify(line), /the secret reason/);
  });

  it("answers 503 with Retry-After when the store is not there", async () => {
    work = () => Promise.reject(new EtcdError("unavailable", "get: no connection"));
    const seen = await ask("/api/v1/things");
    assertProblem(seen, 503, "unavailable");
    assert.equal(seen.headers.get("retry-after"), "1");
  });

  it("answers 504 when a handler overruns, and tells it to stop", async () => {
    let told: AbortSignal | undefined;
    work = (signal) => {
      told = signal;
      return new Promise(() => undefined);
    };
    assertProblem(await ask("/api/v1/things"), 504, "deadline-exceeded");
    assert.equal(told?.aborted, true);
  });

  it("tells a handler when its caller hangs up", async () => {
    const abort = new AbortController();
    let stopped: (() => void) | undefined;
    const told = new Promise<void>((resolve) => (stopped = resolve));
    // Far from its own deadline, so that only the hang-up can end it.
    const patient = await startSample({
      limits: { requestTimeoutMs: 60_000 },
      work: (signal) => new Promise((_, reject) => {
        signal.addEventListener("abort", () => {
          stopped?.();
          reject(new Error("stopped"));
        });
        setImmediate(() => abort.abort());
      }),
    });
    try {
      await assert.rejects(fetch(`${patient.url}/api/v1/things`, { signal: abort.signal }));
      await told;
    } finally {
      await patient.stop();
    }
  });

  it("does not take the end of a request's body for a hang-up", async () => {
    let aborted: boolean | undefined;
    work = async (signal) => {
      // By now the body has been read, and Node has closed the stream it came in.
      await sleep(50);
      aborted = signal.aborted;
    };
    assert.equal((await put(JSON.stringify({ name: "ab", size: 3 }))).status, 200);
    assert.equal(aborted, false);
  });

  it("answers bytes that are not HTTP, and headers that are too large, with a problem too", async () => {
    const broken = await sendRaw(service.port, "NOT HTTP\r\n\r\n");
    assert.match(broken, /^HTTP\/1\.1 400 /);
    assert.match(broken, /"code":"malformed-request"/);
    const large = await sendRaw(service.port, `GET /api/v1/things HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(17 * 1024)}\r\n\r\n`);
    assert.match(large, /^HTTP\/1\.1 431 /);
    assert.match(large, /content-type: application\/problem\+json/);
  });

  it("answers 408 to a request that never ends", async () => {
    const answer = await sendRaw(service.port, "PUT /api/v1/things/abc HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{");
    assert.match(answer, /^HTTP\/1\.1 408 /);
    assert.match(answer, /"code":"request-timeout"/);
  });

  it("does not start on a port that is taken, and names the port", async () => {
    await assert.rejects(startSample({ port: service.port }), (error: Error) => {
      assert.equal(error.message, `'port' (${service.port}) is in use by another process; choose another port or end that process`);
      return true;
    });
  });

  it("takes no more connections than the contract allows", async () => {
    const sockets: Socket[] = [];
    const refused = new Promise<void>((resolve) => {
      for (let index = 0; index < sample.limits.connections + 5; index += 1) {
        const socket = connect(service.port, "127.0.0.1");
        socket.on("close", () => resolve());
        socket.on("error", () => resolve());
        sockets.push(socket);
      }
    });
    try {
      await refused;
      const metrics = await (await fetch(`${service.adminUrl}/metrics`)).text();
      assert.match(metrics, /^http_server_dropped_connections_total\{.*\} [1-9]/m, "and counts those it refused");
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });
});

describe("admin server", () => {
  let service: RunningSample;
  let fault: string | undefined;

  before(async () => {
    const check = (): Promise<void> => (fault === undefined ? Promise.resolve() : Promise.reject(new Error(fault)));
    service = await startSample({ dependencies: [{ name: "store", deadlineMs: 1_000, check }] });
  });
  after(() => service.stop());

  async function read(path: string): Promise<{ status: number; text: string }> {
    const response = await fetch(`${service.adminUrl}${path}`);
    return { status: response.status, text: await response.text() };
  }

  it("is alive and not ready, with the reason, while a dependency fails; and ready again after", async () => {
    fault = "connection refused";
    assert.equal((await read("/livez")).status, 200);
    const seen = await read("/readyz");
    assert.equal(seen.status, 503);
    const problem = JSON.parse(seen.text) as ProblemDocument;
    assert.deepEqual([problem.code, problem.detail], ["unavailable", "store: connection refused"]);
    fault = undefined;
    assert.equal((await read("/readyz")).status, 200);
  });

  it("counts requests and their time by route template, never by path", async () => {
    assert.match((await read("/metrics")).text, /^planned_route_requests_total\{operation="moveThing",.*\} 0$/m);
    for (const path of ["/api/v1/things/abc/move", "/api/v1/things/def/move", "/made-up/1", "/made-up/2"]) {
      await fetch(`${service.url}${path}`, { method: "POST" });
    }
    const { text } = await read("/metrics");
    const labels = 'http_request_method="POST",http_route="/api/v1/things/{id}/move",http_response_status_code="501",service_name="sample",region="test"';
    assert.ok(text.includes(`\nhttp_server_request_duration_seconds_count{${labels}} 2\n`), text);
    assert.match(text, /^http_server_request_duration_seconds_count\{http_request_method="POST",http_route="unmatched",http_response_status_code="404",.*\} 2$/m);
    assert.match(text, /^http_server_active_requests\{.*\} 0$/m);
    assert.match(text, /^planned_route_requests_total\{operation="moveThing",.*\} 2$/m);
    assert.match(text, /^process_resident_memory_bytes/m);
    assert.ok(!text.includes("made-up") && !text.includes("abc"));
  });

  it("says its version and describes its API", async () => {
    assert.deepEqual(JSON.parse((await read("/version")).text), { service: "sample", version: "1.2.3", region: "test", node: process.version });
    assert.equal((JSON.parse((await read("/openapi.json")).text) as { openapi: string }).openapi, "3.1.0");
  });

  it("is on a port of its own: the published one has none of it, and it has no published route", async () => {
    for (const path of Object.values(sample.health)) assert.equal((await fetch(`${service.url}${path}`)).status, 404);
    assert.equal((await read("/api/v1/things")).status, 404);
  });
});
