import assert from "node:assert/strict";
import { Problem, problem, toProblem } from "../src/problem";
import { EtcdError } from "../src/etcd/errors";
import type { EtcdCode } from "../src/etcd/errors";

describe("problem", () => {
  it("leaves a problem as it is", () => {
    const made = problem("not-found", "there is no agent 'x'");
    assert.equal(toProblem(made), made);
  });

  it("keeps the text of an unexpected error from the caller and keeps the error as cause", () => {
    const thrown = new Error("password of db is hunter2");
    const found = toProblem(thrown);
    assert.equal(found.status, 500);
    assert.equal(found.code, "internal");
    assert.equal(found.cause, thrown);
    assert.ok(!JSON.stringify(found.document()).includes("hunter2"));
  });

  const oddities = { undefined, null: null, "a text": "text", "a number": 7, "an object": { statusCode: "x" }, "a symbol": Symbol("s") };
  for (const [what, thrown] of Object.entries(oddities)) {
    it(`turns ${what} into an internal problem`, () => {
      assert.equal(toProblem(thrown).code, "internal");
    });
  }

  const ETCD: Readonly<Record<EtcdCode, number>> = {
    unavailable: 503, deadline: 504, cancelled: 503, "compare-failed": 500, compacted: 500, "lease-not-found": 500, rejected: 500,
  };
  for (const [code, status] of Object.entries(ETCD)) {
    it(`answers ${status} when etcd fails with '${code}'`, () => {
      const cause = new EtcdError(code as EtcdCode, "on https://etcd-0.internal:2379");
      const found = toProblem(cause);
      assert.equal(found.status, status);
      assert.equal(found.cause, cause);
      assert.ok(!JSON.stringify(found.document()).includes("etcd-0.internal"), "addresses inside the platform stay inside");
    });
  }

  it("puts the stable code first in its message and its members where RFC 9457 wants them", () => {
    const made = new Problem({ code: "full", status: 409, title: "It is full", detail: "3 of 3 are taken", extensions: { taken: 3, status: 1 } });
    assert.equal(made.message, "full: 3 of 3 are taken");
    assert.deepEqual(made.document({ instance: "/x", traceId: "t" }), {
      taken: 3, type: "urn:agentic-flow:problem:full", title: "It is full", status: 409, detail: "3 of 3 are taken", instance: "/x", code: "full", traceId: "t",
    });
  });
});
