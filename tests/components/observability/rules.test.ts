import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { ruleFile, RUNBOOK } from "../../../components/observability/rules";
import type { RuleFile } from "../../../components/observability/rules";
import { repository } from "../../support/cli";
import { absenceTest, healthTests } from "./health-scenarios";
import { alertsOf, testFile } from "./promtool-tests";
import type { RuleTest } from "./promtool-tests";
import { PLATFORM, SERVICES } from "./sample";
import { sloTests } from "./slo-scenarios";
import { judge } from "./tool";

const rules = ruleFile(SERVICES, PLATFORM);

describe("rules", () => {
  it("are the same for the same services", () => {
    assert.equal(JSON.stringify(ruleFile(SERVICES, PLATFORM)), JSON.stringify(rules));
  });

  it("tell of both promises of every service at four speeds", () => {
    const burning = alertsOf(rules).filter((alert) => alert.labels.slo !== undefined);
    const described = burning.map(({ labels }) => `${labels.job} ${labels.slo} ${labels.window} ${labels.severity}`);
    const speeds = ["1h page", "6h page", "1d ticket", "3d ticket"];
    assert.deepEqual(
      described,
      ["agent", "memory"].flatMap((job) => ["availability", "latency"].flatMap((slo) => speeds.map((speed) => `${job} ${slo} ${speed}`))),
    );
  });

  it("name a heading of the runbook that exists", () => {
    const headings = [...readFileSync(join(repository, RUNBOOK), "utf8").matchAll(/^## (\w+)$/gm)].map((match) => match[1] ?? "");
    const alerts = [...new Set(alertsOf(rules).map((alert) => alert.alert))];
    assert.deepEqual([...headings].sort(), [...alerts].sort());
    for (const alert of alertsOf(rules)) assert.equal(alert.annotations.runbook, `${RUNBOOK}#${alert.alert.toLowerCase()}`);
  });
});

describe("rules, judged by promtool", function () {
  this.timeout(120_000);
  let directory: string;
  let promtool: string;

  before(function () {
    promtool = judge(this, "promtool");
    directory = mkdtempSync(join(tmpdir(), "rules-test-"));
  });
  after(() => directory !== undefined && rmSync(directory, { recursive: true }));

  /** What promtool says of one run; it throws, with all that is wrong, when it ends with an error. */
  function run(...args: string[]): string {
    return execFileSync(promtool, args, { cwd: directory, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  }

  function runTests(of: RuleFile, tests: readonly RuleTest[]): void {
    assert.ok(tests.length > 0);
    writeFileSync(join(directory, "rules.json"), JSON.stringify(of));
    writeFileSync(join(directory, "tests.json"), JSON.stringify(testFile("rules.json", tests)));
    assert.match(run("test", "rules", "tests.json"), /SUCCESS/);
  }

  it("are rules, without a duplicate", () => {
    writeFileSync(join(directory, "rules.json"), JSON.stringify(rules));
    assert.match(run("check", "rules", "--lint-fatal", "rules.json"), new RegExp(`SUCCESS: ${rules.groups.flatMap((group) => group.rules).length} rules found`));
  });

  for (const service of SERVICES) {
    // Rules of one service do not read another's, and each one costs promtool time.
    const own = ruleFile([service], PLATFORM);
    it(`tell of exactly what burns a budget of ${service.name}`, () => runTests(own, sloTests(own, service)));
  }

  it("tell of every fault that they are for, and of nothing in a healthy region", () => {
    // What is recorded about promises is not read by these.
    const own = { groups: ruleFile([SERVICES[0]], PLATFORM).groups.filter(({ name }) => name === "requests" || name === "health") };
    runTests(own, healthTests(own));
  });

  it("tell of what has no replica", () => runTests(rules, [absenceTest(rules)]));

  it("would not pass if an expectation were wrong", () => {
    const [first] = sloTests(rules, SERVICES[0]);
    assert.ok(first !== undefined);
    const wrong = { ...first, alert_rule_test: first.alert_rule_test.map((expected) => ({ ...expected, exp_alerts: [] })) };
    assert.throws(() => runTests(rules, [wrong]), /got:\[[\s\S]*AvailabilityBudgetBurn/);
  });
});
