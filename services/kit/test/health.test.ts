import assert from "node:assert/strict";
import { Readiness } from "../src/health";

function serving(): Readiness {
  const readiness = new Readiness();
  readiness.started();
  return readiness;
}

describe("readiness", () => {
  it("is not given before the servers listen", async () => {
    const report = await new Readiness().report();
    assert.deepEqual([report.ready, report.reason], [false, "the process is starting"]);
  });

  it("names every dependency that fails, and why", async () => {
    const readiness = serving();
    readiness.register({ name: "fine", deadlineMs: 1_000, check: () => Promise.resolve() });
    readiness.register({ name: "store", deadlineMs: 1_000, check: () => Promise.reject(new Error("connection refused")) });
    readiness.register({ name: "queue", deadlineMs: 1_000, check: () => Promise.reject(new Error("no leader")) });
    const report = await readiness.report();
    assert.equal(report.ready, false);
    assert.equal(report.reason, "store: connection refused; queue: no leader");
    assert.deepEqual(report.checks.map(({ name, ok }) => [name, ok]), [["fine", true], ["store", false], ["queue", false]]);
  });

  it("does not wait for a check that hangs, and tells it to stop", async () => {
    const readiness = serving();
    let told: AbortSignal | undefined;
    readiness.register({ name: "store", deadlineMs: 20, check: (signal) => { told = signal; return new Promise(() => undefined); } });
    const report = await readiness.report();
    assert.equal(report.reason, "store: did not answer within 20 ms");
    assert.equal(told?.aborted, true);
  });

  it("recovers with its dependency", async () => {
    const readiness = serving();
    let up = false;
    readiness.register({ name: "store", deadlineMs: 1_000, check: () => (up ? Promise.resolve() : Promise.reject(new Error("down"))) });
    assert.equal((await readiness.report()).ready, false);
    up = true;
    assert.equal((await readiness.report()).ready, true);
  });

  it("runs its checks once for callers that ask at the same time", async () => {
    const readiness = serving();
    let runs = 0;
    readiness.register({ name: "store", deadlineMs: 1_000, check: () => { runs += 1; return Promise.resolve(); } });
    await Promise.all([readiness.report(), readiness.report(), readiness.report()]);
    assert.equal(runs, 1);
    await readiness.report();
    assert.equal(runs, 2);
  });

  it("stays ready without what only degrades it, and says so", async () => {
    const readiness = serving();
    readiness.register({ name: "cache", deadlineMs: 1_000, effect: "degrades", check: () => Promise.reject(new Error("gone")) });
    const report = await readiness.report();
    assert.deepEqual([report.ready, report.degraded, report.reason], [true, true, "cache: gone"]);
    readiness.register({ name: "store", deadlineMs: 1_000, check: () => Promise.reject(new Error("down")) });
    assert.deepEqual([(await readiness.report()).ready, (await readiness.report()).degraded], [false, true]);
  });

  it("says since when something fails, and what the last failure was when it is fine again", async () => {
    const readiness = serving();
    let fault: string | undefined = "first";
    readiness.register({ name: "store", deadlineMs: 1_000, check: () => (fault === undefined ? Promise.resolve() : Promise.reject(new Error(fault))) });
    const [first] = (await readiness.report()).checks;
    fault = "second";
    const [second] = (await readiness.report()).checks;
    assert.ok(first?.failingSince !== undefined && second?.failingForMs !== undefined);
    assert.equal(second.failingSince, first.failingSince);
    fault = undefined;
    const [fine] = (await readiness.report()).checks;
    assert.deepEqual([fine?.ok, fine?.failingSince, fine?.lastFailure?.reason], [true, undefined, "second"]);
    assert.equal(fine?.lastFailure?.at, second.lastFailure?.at);
  });

  it("ends with draining, whatever the dependencies say", async () => {
    const readiness = serving();
    readiness.register({ name: "store", deadlineMs: 1_000, check: () => Promise.resolve() });
    readiness.drain();
    readiness.started();
    assert.deepEqual(await readiness.report(), { ready: false, reason: "the process is shutting down", checks: [] });
  });

  it("refuses two checks under one name", () => {
    const readiness = new Readiness();
    const dependency = { name: "store", deadlineMs: 1, check: () => Promise.resolve() };
    readiness.register(dependency);
    assert.throws(() => readiness.register(dependency), /'store' is registered twice/);
  });
});
