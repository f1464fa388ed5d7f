import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "mocha";
import { chromium } from "playwright-core";
import type { BrowserContext, Page } from "playwright-core";
import { findBuilt, notBuilt } from "../../toolchain/find-built";
import type { Answer } from "../dashboard/answer";
import { serveDashboard } from "../dashboard/server";
import type { DashboardServer } from "../dashboard/server";
import type { DashboardState } from "../dashboard/state";

/** Chromium as a test wants it: without a sandbox, which root cannot have, and without asking its maker anything. */
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"];

const REQUESTS = /^Requests of the last five minutes/;

const NOW_MS = Date.parse("2026-11-24T12:00:00Z");

function known<T>(value: T, ageMs = 1_000): Answer<T> {
  return { value, atMs: NOW_MS - ageMs, problem: null };
}

function unknown<T>(problem: string): Answer<T> {
  return { value: null, atMs: null, problem };
}

const STATE: DashboardState = {
  region: "local",
  nowMs: NOW_MS,
  cluster: known({
    kind: "node",
    entryUrl: "http://10.213.0.2",
    workloads: [
      { name: "agent", kind: "Deployment", namespace: "agentic-flow", ready: 2, desired: 2 },
      { name: "memory", kind: "Deployment", namespace: "agentic-flow", ready: 1, desired: 2 },
      { name: "etcd", kind: "StatefulSet", namespace: "agentic-flow", ready: 0, desired: 1 },
    ],
  }),
  overview: known({
    services: [
      { name: "agent", ready: 2, requestsPerSecond: 12.5, errorRatio: 0.05, p50Ms: 3.2, p99Ms: 41, budgetLeft: 0.93, planned501: 4 },
      { name: "memory", ready: 1, requestsPerSecond: 0, errorRatio: null, p50Ms: null, p99Ms: null, budgetLeft: null, planned501: null },
    ],
    agents: { total: 5, byState: { idle: 3, busy: 2 } },
    missing: ["p50Ms", "p99Ms"],
  }),
  events: known([{ at: "2026-11-24T11:59:00Z", type: "Warning", object: "Pod memory-1", reason: "BackOff", message: "<b>restarting</b>", count: 3 }]),
};

describe("the dashboard's page, in a browser", function () {
  this.timeout(60_000);
  const profile = mkdtempSync(join(tmpdir(), "dashboard-browser-"));
  let server: DashboardServer | undefined;
  let context: BrowserContext | undefined;
  let page: Page;
  let state: DashboardState;
  const complaints: string[] = [];

  before(async function () {
    const executablePath = findBuilt("chromium");
    if (executablePath === undefined) {
      if (process.env["CI"] !== undefined) throw new Error(notBuilt("chromium"));
      console.log(`      ${notBuilt("chromium")}`);
      return this.skip();
    }
    server = await serveDashboard(0, () => Promise.resolve(state));
    context = await chromium.launchPersistentContext(profile, { executablePath, args: FLAGS, locale: "en-GB", timezoneId: "UTC" });
    page = await context.newPage();
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
  });
  after(async () => {
    await context?.close();
    await server?.close();
    rmSync(profile, { recursive: true, force: true });
  });
  beforeEach(() => {
    state = STATE;
    complaints.length = 0;
  });

  async function show(next: DashboardState): Promise<void> {
    state = next;
    await page.goto(server?.url ?? "");
    await page.getByText("Refreshed every").waitFor();
  }

  /** Texts of the cells of one row, by the text of its heading. */
  async function row(table: string | RegExp, heading: string): Promise<string[]> {
    const found = page.getByRole("table", { name: table }).getByRole("row").filter({ has: page.getByRole("rowheader", { name: heading, exact: true }) });
    return found.getByRole("cell").allTextContents();
  }

  it("shows every service with its health, rate, errors, latencies and budget", async () => {
    await show(STATE);
    assert.equal(await page.title(), "local · Agentic Flow");
    assert.deepEqual(await row(REQUESTS, "agent"), ["healthy", "2 of 2", "12.5", "5.00 %", "3.2 ms", "41 ms", "93.00 %", "4"]);
    assert.deepEqual(await row("What they stand on", "etcd"), ["down", "0 of 1", "StatefulSet"]);
    assert.deepEqual(await row("Agents of this region", "idle"), ["3"]);
    assert.deepEqual(await row("Agents of this region", "all"), ["5"]);
    assert.deepEqual(complaints, []);
  });

  it("says 'not known' where nothing is known, and zero only where it is zero", async () => {
    await show(STATE);
    const unknowns = Array.from({ length: 5 }, () => "not known");
    await page.getByText("Not known to the monitoring service now: p50Ms, p99Ms.").waitFor();
    assert.deepEqual(await row(REQUESTS, "memory"), ["replicas missing", "1 of 2", "0.00", ...unknowns]);
  });

  it("shows what others wrote as text, never as markup", async () => {
    await show(STATE);
    const cells = await page.getByRole("table", { name: "Newest first" }).getByRole("cell").allTextContents();
    assert.deepEqual(cells, ["11:59:00", "Warning", "Pod memory-1", "BackOff", "<b>restarting</b> (3 times)"]);
    assert.equal(await page.locator("b").count(), 0);
  });

  it("says what is missing and why, and shows the rest", async () => {
    await show({ ...STATE, overview: unknown("/api/v1/monitoring/overview answered 503") });
    await page.getByText("Rates, errors and latencies: not known: /api/v1/monitoring/overview answered 503.").waitFor();
    await page.getByText("Agents: not known: /api/v1/monitoring/overview answered 503.").waitFor();
    assert.deepEqual(await row("Everything that runs", "agent"), ["healthy", "2 of 2", "Deployment"]);
    assert.equal(await page.getByRole("table").count(), 2);
  });

  it("says how old a value is that could not be renewed", async () => {
    await show({ ...STATE, cluster: { ...STATE.cluster, atMs: NOW_MS - 40_000, problem: "connect ECONNREFUSED" } });
    await page.getByText("Replicas and health: 40 s old: connect ECONNREFUSED.").waitFor();
    assert.deepEqual((await row(REQUESTS, "agent"))[1], "2 of 2");
  });

  it("renews itself, and says since when its server is silent", async () => {
    await show(STATE);
    state = { ...STATE, events: known([]) };
    await page.getByText("No events are kept").waitFor();
    await page.route("**/state.json", (route) => route.abort());
    await page.getByText("The dashboard's server does not answer; what is shown is from").waitFor();
    assert.deepEqual((await row(REQUESTS, "agent"))[0], "healthy");
    await page.unroute("**/state.json");
  });

  it("can be read by a screen reader: headings, captions, headers of rows and columns, a language", async () => {
    await show(STATE);
    assert.deepEqual(await page.getByRole("heading").allTextContents(), ["Region local", "Services", "Agents by state", "Recent events"]);
    assert.equal(await page.locator("html").getAttribute("lang"), "en");
    for (const table of await page.getByRole("table").all()) {
      assert.equal(await table.locator("caption").count(), 1);
      assert.ok((await table.getByRole("columnheader").count()) > 1);
    }
    assert.equal(await page.getByRole("status").count(), 1);
  });

  it("loads nothing from elsewhere and runs no script but its own", async () => {
    const asked: string[] = [];
    const listen = (request: { url(): string }) => asked.push(new URL(request.url()).origin);
    page.on("request", listen);
    await show(STATE);
    page.off("request", listen);
    assert.deepEqual([...new Set(asked)], [new URL(server?.url ?? "").origin]);
    // As text: this side of the test knows no browser's types.
    const ran = await page.evaluate<boolean>(`(() => {
      const script = document.createElement("script");
      script.textContent = "window.intruder = true";
      document.body.append(script);
      return "intruder" in window;
    })()`);
    assert.equal(ran, false);
  });
});
