import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { DaemonSpec } from "../processes/daemon-spec";
import type { RegionPlan } from "../processes/plan";
import { Daemon, backoffMs } from "../supervisor/daemon";
import { RotatingLog } from "../supervisor/rotating-log";
import { readStatus, writeStatus } from "../supervisor/status";
import { daemonEnvironment } from "../supervisor/supervisor";
import { waitFor } from "../wait";
import { withFolder } from "./support/region";

function daemon(folder: string, script: string, reports: string[] = []): Daemon {
  const spec: DaemonSpec = { name: "sample", command: process.execPath, args: ["-e", script], stage: "rest", probe: { kind: "running" } };
  return new Daemon(spec, { environment: process.env, workingDirectory: folder, logFile: join(folder, "sample.log"), report: (line) => reports.push(line) });
}

describe("a daemon", () => {
  it("starts again when it ends, and is reported with its last words once it does so too often", () => withFolder(async (folder) => {
    const reports: string[] = [];
    const sample = daemon(folder, "console.log('first'); console.error('port is taken'); process.exit(3)", reports);
    assert.equal(sample.failure(1), undefined);
    sample.start();
    try {
      const failure = await waitFor(() => sample.failure(2), { timeoutMs: 10_000, everyMs: 20 });
      assert.equal(failure?.name, "sample");
      assert.equal(failure?.lastEnd, "exit code 3");
      assert.ok(failure?.lastLines.includes("port is taken"));
      assert.match(reports[0] ?? "", /^sample ended \(exit code 3\); it starts again in 250 ms$/);
      assert.match(readFileSync(join(folder, "sample.log"), "utf8"), /first\n/);
    } finally {
      await sample.stop();
    }
  })).timeout(15_000);

  it("that cannot be started at all is told so", () => withFolder(async (folder) => {
    const spec: DaemonSpec = { name: "absent", command: join(folder, "absent"), args: [], stage: "rest", probe: { kind: "running" } };
    const absent = new Daemon(spec, { environment: {}, workingDirectory: folder, logFile: join(folder, "absent.log"), report: () => undefined });
    absent.start();
    try {
      const failure = await waitFor(() => absent.failure(1), { timeoutMs: 10_000, everyMs: 20 });
      assert.match(failure?.lastEnd ?? "", /ENOENT/);
    } finally {
      await absent.stop();
    }
  }));

  it("ends when it is stopped, and stays so", () => withFolder(async (folder) => {
    const sample = daemon(folder, "process.on('SIGTERM', () => { console.log('bye'); process.exit(0); }); console.log('up'); setInterval(() => {}, 1e6)");
    sample.start();
    await waitFor(() => readFileSync(join(folder, "sample.log"), "utf8").includes("up"), { timeoutMs: 10_000, everyMs: 20 });
    assert.equal(await sample.answers(), true);
    await sample.stop();
    assert.equal(await sample.answers(), false);
    assert.equal(sample.failure(1), undefined);
  })).timeout(15_000);

  it("waits longer from end to end, up to ten seconds", () => {
    assert.deepEqual([1, 2, 3, 6, 7, 50].map(backoffMs), [250, 500, 1000, 8000, 10_000, 10_000]);
  });
});

describe("a log", () => {
  it("is its owner's alone and never more than two files of its limit", () => withFolder((folder) => {
    const path = join(folder, "x.log");
    const log = new RotatingLog(path, 100);
    for (let line = 0; line < 30; line += 1) log.write(`line ${String(line).padStart(4, "0")}\n`);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.ok(statSync(path).size <= 100 && statSync(`${path}.1`).size <= 100);
    assert.equal(existsSync(`${path}.2`), false);
    assert.deepEqual(log.lastLines(2), ["line 0028", "line 0029"]);
  }));
});

describe("status of a start", () => {
  it("is read as it was written, and absent before", () => withFolder((folder) => {
    const path = join(folder, "status.json");
    assert.equal(readStatus(path), undefined);
    const status = { phase: "starting" as const, step: "x", stagesReady: ["storage" as const], failing: [] };
    writeStatus(path, status);
    assert.deepEqual(readStatus(path), status);
  }));
});

describe("environment of daemons", () => {
  it("has the region's mark and folders, and nothing of the user's", () => {
    const plan = { searchPath: ["/tools", "/bin"], temporaryDirectory: "/region/tmp" } as unknown as RegionPlan;
    const environment = daemonEnvironment(plan, { AGENTIC_FLOW_REGION: "/region", TZ: "UTC", CLOUD_SECRET: "x", HTTPS_PROXY: "http://proxy" });
    assert.deepEqual(environment, { AGENTIC_FLOW_REGION: "/region", TZ: "UTC", PATH: "/tools:/bin", HOME: "/region/tmp", TMPDIR: "/region/tmp" });
  });
});
