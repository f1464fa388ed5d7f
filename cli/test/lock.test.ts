import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { UserError } from "../errors";
import { withRegionLock } from "../lock";

describe("the lock of a region", () => {
  let root: string;
  const previous = process.env["AGENTIC_FLOW_CACHE"];
  const lockFile = (): string => join(root, "regions", "local.lock");

  before(() => {
    root = mkdtempSync(join(tmpdir(), "agentic-flow-lock-"));
    process.env["AGENTIC_FLOW_CACHE"] = root;
    mkdirSync(join(root, "regions"));
  });
  after(() => {
    if (previous === undefined) delete process.env["AGENTIC_FLOW_CACHE"];
    else process.env["AGENTIC_FLOW_CACHE"] = previous;
    rmSync(root, { recursive: true });
  });

  it("refuses a second command on the same region, and lets others pass", async () => {
    await withRegionLock("local", async () => {
      await assert.rejects(withRegionLock("local", () => Promise.resolve()), (error: unknown) => error instanceof UserError && error.message.includes(String(process.pid)));
      assert.equal(await withRegionLock("other", () => Promise.resolve(1)), 1);
    });
    assert.equal(existsSync(lockFile()), false);
  });

  it("is released after a failure", async () => {
    await assert.rejects(withRegionLock("local", () => Promise.reject(new Error("no"))), /no/);
    assert.equal(await withRegionLock("local", () => Promise.resolve("again")), "again");
  });

  for (const [what, content] of [
    ["a dead process", JSON.stringify({ pid: 2 ** 22 + 1, startedAt: "1" })],
    ["a process whose id went to another", JSON.stringify({ pid: process.pid, startedAt: "1" })],
    ["a command killed while it wrote", "{\"pid\":"],
  ] as const) {
    it(`is taken over from ${what}`, async () => {
      writeFileSync(lockFile(), content);
      assert.equal(await withRegionLock("local", () => Promise.resolve("mine")), "mine");
    });
  }
});
