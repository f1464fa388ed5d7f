import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findBuilt, notBuilt } from "../../../toolchain/find-built";
import { freePorts } from "../../kit/test/support/etcd-server";
import { silentLogger } from "../../kit/test/support/context";
import { contract } from "../contract";
import { HealthWatch } from "../src/health-watch";
import { firing, objectives } from "../src/objectives";
import { QUESTIONS } from "../src/overview";
import { Prometheus, byJob } from "../src/prometheus";
import { SERIES } from "../src/series";

describe("questions to a real Prometheus", function () {
  this.timeout(40_000);
  const { signal } = new AbortController();
  let directory: string;
  let child: ChildProcess;
  let prometheus: Prometheus;

  before(async function () {
    const binary = findBuilt("prometheus");
    if (binary === undefined) {
      console.log(`      ${notBuilt("prometheus")}`);
      this.skip();
    }
    directory = await mkdtemp(join(tmpdir(), "agentic-flow-prometheus-"));
    const [port = 0] = await freePorts(1);
    const rules = [
      { record: SERIES.availabilityLeft, expr: "vector(0.5)", labels: { job: "agent" } },
      { record: SERIES.replicas, expr: 'sum by (job) (up{job="self"})' },
      { alert: "Fires", expr: "vector(1)", labels: { severity: "page", job: "agent" }, annotations: { summary: "it does" } },
      { alert: "Pending", expr: "vector(1)", for: "1h" },
    ];
    await writeFile(join(directory, "rules.json"), JSON.stringify({ groups: [{ name: "test", interval: "1s", rules }] }));
    const scrape = { job_name: "self", scrape_interval: "1s", scrape_timeout: "1s", static_configs: [{ targets: [`127.0.0.1:${port}`] }] };
    await writeFile(join(directory, "prometheus.json"), JSON.stringify({ rule_files: ["rules.json"], scrape_configs: [scrape] }));
    const args = [`--config.file=${join(directory, "prometheus.json")}`, `--storage.tsdb.path=${join(directory, "data")}`, `--web.listen-address=127.0.0.1:${port}`];
    child = spawn(binary, args, { stdio: "ignore" });
    prometheus = new Prometheus(`http://127.0.0.1:${port}/`);
    while (byJob(await prometheus.query(SERIES.replicas, signal).catch(() => [])).get("self") !== 1) await sleep(200);
  });
  after(async () => {
    await prometheus?.close();
    if (child !== undefined) {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await gone;
    }
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  });

  it("are all understood, and an answer without series is empty and no fault", async () => {
    for (const [name, expression] of Object.entries(QUESTIONS)) await assert.doesNotReject(prometheus.query(expression, signal), name);
    assert.deepEqual(byJob(await prometheus.query(QUESTIONS.ready, signal)), new Map([["self", 1]]));
    assert.deepEqual(await prometheus.query("0 / vector(0)", signal).catch(() => "refused"), [], "no number is no answer");
    await assert.rejects(prometheus.query("sum(", signal), /unavailable/);
  });

  it("find budgets and firing alerts", async () => {
    const found = (await objectives(prometheus, signal)).objectives;
    assert.deepEqual(found, [{ service: "agent", slo: "availability", budgetLeft: 0.5, badRatioLastHour: null }]);
    let { alerts } = await firing(prometheus, signal);
    while (alerts.length === 0) ({ alerts } = await firing(prometheus, signal));
    assert.deepEqual(alerts.map(({ name, service, severity, summary }) => [name, service, severity, summary]), [["Fires", "agent", "page", "it does"]]);
    assert.ok(!Number.isNaN(Date.parse(alerts[0]?.since ?? "")));
  });

  it("show what has no replica", async () => {
    const watch = (criticalJobs: readonly string[]): HealthWatch => new HealthWatch({ prometheus, criticalJobs, logger: silentLogger(contract) });
    const [well, ill, blind] = [watch(["self"]), watch(["self", "agent"]), new HealthWatch({ prometheus: new Prometheus("http://127.0.0.1:9"), criticalJobs: ["self"], logger: silentLogger(contract) })];
    for (const each of [well, ill, blind]) await each.look(signal);
    assert.equal(well.report.status, "healthy");
    assert.deepEqual([ill.report.status, ill.report.reasons], ["unhealthy", ["'agent' has no replica that answers"]]);
    assert.deepEqual([blind.report.status, blind.report.reasons], ["unknown", ["metrics cannot be read, so nothing new is known"]]);
  });
});
