import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request as startRequest } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "mocha";
import { portOf } from "../dashboard";
import { Question } from "../dashboard/answer";
import { parseEvents } from "../dashboard/events";
import { askOverview, parseOverview } from "../dashboard/overview";
import { serveDashboard } from "../dashboard/server";
import type { DashboardServer } from "../dashboard/server";
import { stateOf } from "../dashboard/state";
import { UserError } from "../errors";

describe("a question of the dashboard", () => {
  it("is asked once for all who want to know, and not again before its time", async () => {
    let asked = 0;
    const question = new Question(() => Promise.resolve(++asked), { everyMs: 60_000, timeoutMs: 1_000 });
    const answers = await Promise.all([question.latest(), question.latest()]);
    assert.deepEqual([...answers, await question.latest()].map((answer) => answer.value), [1, 1, 1]);
    assert.equal(answers[0]?.problem, null);
  });

  it("keeps what was known when it fails, with its time, and says why", async () => {
    const outcomes = [() => Promise.resolve("known"), () => Promise.reject(new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") }))];
    const question = new Question(() => outcomes.shift()?.() ?? Promise.reject(new Error("asked too often")), { everyMs: 0, timeoutMs: 1_000 });
    const first = await question.latest();
    const second = await question.latest();
    assert.equal(first.value, "known");
    assert.deepEqual(second, { value: "known", atMs: first.atMs, problem: "connect ECONNREFUSED" });
  });

  it("knows nothing, and not zero, before the first answer", async () => {
    const question = new Question<number>(() => Promise.reject(new Error("away")), { everyMs: 0, timeoutMs: 1_000 });
    assert.deepEqual(await question.latest(), { value: null, atMs: null, problem: "away" });
  });

  it("is given up after its time", async () => {
    const never = (signal: AbortSignal) => new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
    const question = new Question(never, { everyMs: 0, timeoutMs: 10 });
    // An AbortSignal's own timer lets the process end; this one holds it until the answer is there.
    const hold = setInterval(() => undefined, 1_000);
    try {
      assert.equal((await question.latest()).problem, "no answer in time");
    } finally {
      clearInterval(hold);
    }
  });
});

describe("the dashboard's overview", () => {
  it("takes numbers as they are and everything else as not known", () => {
    const service = { name: "agent", ready: 2, requestsPerSecond: 0, errorRatio: null, p50Ms: "12", p99Ms: 40.5, budgetLeft: -0.5 };
    assert.deepEqual(parseOverview({ services: [service], agents: { total: 3, byState: { idle: 2, busy: 1, odd: "x" } }, missing: ["rates", 5] }), {
      services: [{ name: "agent", ready: 2, requestsPerSecond: 0, errorRatio: null, p50Ms: null, p99Ms: 40.5, budgetLeft: -0.5, planned501: null }],
      agents: { total: 3, byState: { idle: 2, busy: 1 } },
      missing: ["rates"],
    });
    assert.equal(parseOverview({ services: [] }).agents, null);
    assert.throws(() => parseOverview({ title: "nothing" }), /no 'services'/);
  });

  it("says what the entry answered instead", async () => {
    const entry = createServer((_, response) => response.writeHead(503).end("{}")).listen(0, "127.0.0.1");
    await once(entry, "listening");
    try {
      const url = `http://127.0.0.1:${(entry.address() as AddressInfo).port}`;
      await assert.rejects(askOverview(url, AbortSignal.timeout(5_000)), /\/api\/v1\/monitoring\/overview answered 503/);
    } finally {
      entry.closeAllConnections();
      entry.close();
    }
  });
});

describe("the dashboard's events", () => {
  it("are the newest twenty, of both generations of the API", () => {
    const event = (minute: number) => ({
      type: "Warning",
      reason: "BackOff",
      message: `minute ${minute}`,
      count: 3,
      lastTimestamp: `2026-11-24T10:${String(minute).padStart(2, "0")}:00Z`,
      metadata: {},
      involvedObject: { kind: "Pod", name: "agent-0" },
    });
    const series = {
      metadata: { creationTimestamp: "2026-11-24T09:00:00Z" },
      eventTime: "2026-11-24T10:00:00.000000Z",
      series: { count: 7, lastObservedTime: "2026-11-24T11:00:00.000000Z" },
      involvedObject: {},
    };
    const events = parseEvents(JSON.stringify({ items: [...Array.from({ length: 30 }, (_, minute) => event(minute)), series] }));
    assert.equal(events.length, 20);
    assert.deepEqual([events[0]?.at, events[0]?.count, events[0]?.object], ["2026-11-24T11:00:00.000000Z", 7, "? ?"]);
    assert.deepEqual(events[1], { at: "2026-11-24T10:29:00Z", type: "Warning", object: "Pod agent-0", reason: "BackOff", message: "minute 29", count: 3 });
  });
});

describe("the dashboard's server", () => {
  let server: DashboardServer;

  before(async () => {
    const cluster = { kind: "node", workloads: [], entryUrl: undefined };
    const state = stateOf("local", { cluster: () => Promise.resolve(cluster), events: () => Promise.reject(new Error("away")), overview: () => Promise.reject(new Error("unasked")) });
    server = await serveDashboard(0, state);
  });
  after(() => server.close());

  function get(path: string, options: { readonly method?: string; readonly host?: string } = {}): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const { method = "GET", host } = options;
      startRequest(new URL(path, server.url), { method, ...(host === undefined ? {} : { headers: { host } }) }, (response) => resolve(response.resume())).once("error", reject).end();
    });
  }

  it("listens on loopback, and lets a page load and ask nothing but itself", async () => {
    assert.equal(new URL(server.url).hostname, "127.0.0.1");
    const { statusCode, headers } = await get("/");
    assert.equal(statusCode, 200);
    assert.match(String(headers["content-security-policy"]), /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'/);
    assert.equal(headers["cache-control"], "no-store");
  });

  it("says what is known, each part with its own problem", async () => {
    const state = (await (await fetch(`${server.url}state.json`)).json()) as Record<string, { problem: string | null; value: unknown }>;
    assert.equal(state["cluster"]?.problem, null);
    assert.deepEqual([state["events"]?.value, state["events"]?.problem], [null, "away"]);
    assert.equal(state["overview"]?.problem, "the region has no entry address");
  });

  it("answers nobody who came by another name, and no other method or file", async () => {
    assert.equal((await get("/", { host: "evil.example" })).statusCode, 421);
    assert.equal((await get("/", { method: "POST" })).statusCode, 405);
    assert.equal((await get("/../state.ts")).statusCode, 404);
    assert.equal((await get("/toString")).statusCode, 404);
  });

  it("says that its port is taken, and takes no port that is none", async () => {
    const taken: Server = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    try {
      await assert.rejects(serveDashboard(port, () => Promise.reject(new Error("unasked"))), (error) => error instanceof UserError && error.message.includes(`--port is '${port}'`));
    } finally {
      taken.close();
    }
    assert.equal(portOf("8090"), 8_090);
    for (const wrong of ["80", "x", "70000", "-1"]) assert.throws(() => portOf(wrong), UserError);
  });
});
