import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { describeFault, FaultCollector, isDnsLabel, mebibytes, parseQuantity, serviceHost } from "..";
import { editDistance, nearestName, suggestName } from "../nearest";

describe("quantities", () => {
  it("are read as cores or bytes", () => {
    assert.equal(parseQuantity("250m"), 0.25);
    assert.equal(parseQuantity("2"), 2);
    assert.equal(parseQuantity("1.5Gi"), 1.5 * 2 ** 30);
    assert.equal(parseQuantity("1G"), 1e9);
    for (const wrong of ["", "Mi", "-1", "1 Gi", "1gb", "1e3x"]) assert.equal(parseQuantity(wrong), undefined, wrong);
  });

  it("are written in whole mebibytes", () => assert.equal(mebibytes(0.8 * 256 * 2 ** 20), "204Mi"));
});

describe("nearest name", () => {
  it("counts edits", () => {
    assert.equal(editDistance("agent", "agnet"), 2);
    assert.equal(editDistance("", "abc"), 3);
    assert.equal(editDistance("same", "same"), 0);
  });

  it("is suggested only when it is near, whatever the case", () => {
    assert.equal(nearestName("LOGLEVEL", ["logLevel", "edge"]), "logLevel");
    assert.equal(nearestName("unrelated", ["logLevel", "edge"]), undefined);
    assert.equal(suggestName("unrelated", ["logLevel", "edge"]), "use one of edge, logLevel");
  });
});

describe("names", () => {
  it("are DNS labels", () => {
    for (const good of ["a", "agent", "us-east-1", "a".repeat(63)]) assert.ok(isDnsLabel(good), good);
    for (const bad of ["", "-a", "a-", "A", "1a", "a_b", "a".repeat(64)]) assert.ok(!isDnsLabel(bad), bad);
  });

  it("of Services need no cluster domain", () => assert.equal(serviceHost("agent", "agentic-flow"), "agent.agentic-flow.svc"));
});

describe("faults", () => {
  it("shorten long values and name absent ones", () => {
    const fault = { property: "p", rule: "must be short", wayOut: "shorten it" };
    assert.equal(describeFault({ ...fault, actual: undefined }), "'p' (not set) must be short; shorten it");
    assert.equal(describeFault({ ...fault, actual: "" }), "'p' (empty) must be short; shorten it");
    assert.equal(describeFault({ ...fault, actual: "x".repeat(200) }), `'p' (${"x".repeat(80)}...) must be short; shorten it`);
  });

  it("throw only when there are some", () => {
    const faults = new FaultCollector();
    assert.equal(faults.require(true, { property: "p", actual: 1, rule: "r", wayOut: "w" }), true);
    faults.throwIfAny("nothing");
    assert.equal(faults.require(false, { property: "p", actual: 1, rule: "r", wayOut: "w" }), false);
    assert.throws(() => faults.throwIfAny("args of 'x'"), /^FaultsError: args of 'x' is not usable:\n {2}- 'p' \(1\) r; w$/);
  });
});
