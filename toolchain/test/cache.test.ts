import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmod, mkdir, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ensureTools, type ProgressEvent } from "../ensure";
import { fakeTool, filesBelow, withTemporaryFolder } from "./support/fake-tools";

describe("toolchain cache", () => {
  it("builds a tool once, and finds it again without building", () =>
    withTemporaryFolder(async (root) => {
      const { tool, builds } = fakeTool("one", { provides: ["one", "two"] });
      const first = await ensureTools("engine", { tools: [tool], root });
      const second = await ensureTools("engine", { tools: [tool], root });
      assert.equal(builds(), 1);
      assert.equal(second.path("two"), first.path("two"));
      assert.equal(execFileSync(second.path("two"), { encoding: "utf8" }), "two\n");
      assert.deepEqual(second.dirsForPath(), [dirname(first.path("one"))]);
    }));

  it("tells where a tool was unpacked, but not of one that was found on the machine", () =>
    withTemporaryFolder(async (root) => {
      const own = { ...fakeTool("own").tool, found: { rule: "r", find: () => Promise.resolve({ own: "/usr/bin/own" }) } };
      const toolchain = await ensureTools<"one" | "own">("engine", { tools: [fakeTool("one").tool, own], root });
      assert.equal(toolchain.root("one"), join(dirname(dirname(toolchain.path("one"))), "root"));
      assert.equal(toolchain.path("own"), "/usr/bin/own");
      assert.throws(() => toolchain.root("own"), { code: "definition-invalid", message: /own was not unpacked here/ });
    }));

  const damages: Readonly<Record<string, (binary: string) => Promise<void>>> = {
    "a truncated binary": (binary) => truncate(binary, 3),
    "a missing binary": (binary) => rm(binary),
    "a binary that may not be run": (binary) => chmod(binary, 0o644),
    "a manifest that is not JSON": (binary) => writeFile(join(dirname(dirname(binary)), "manifest.json"), "{"),
    "a manifest that lists nothing": (binary) => writeFile(join(dirname(dirname(binary)), "manifest.json"), "{}"),
    "a missing manifest": (binary) => rm(join(dirname(dirname(binary)), "manifest.json")),
  };
  for (const [name, damage] of Object.entries(damages)) {
    it(`rebuilds an entry with ${name}`, () =>
      withTemporaryFolder(async (root) => {
        const { tool, builds } = fakeTool("one");
        const path = (await ensureTools("engine", { tools: [tool], root })).path("one");
        await damage(path);
        const again = await ensureTools("engine", { tools: [tool], root });
        assert.equal(builds(), 2);
        assert.equal(execFileSync(again.path("one"), { encoding: "utf8" }), "one\n");
      }));
  }

  it("keeps an old entry when the key changes", () =>
    withTemporaryFolder(async (root) => {
      const old = await ensureTools("engine", { tools: [fakeTool("one", { key: "1" }).tool], root });
      const changed = await ensureTools("engine", { tools: [fakeTool("one", { key: "2" }).tool], root });
      assert.notEqual(changed.path("one"), old.path("one"));
      assert.equal(execFileSync(old.path("one"), { encoding: "utf8" }), "one\n");
    }));

  it("leaves nothing of a build that failed, and names tool and cause", () =>
    withTemporaryFolder(async (root) => {
      const { tool } = fakeTool("one", { before: () => Promise.reject(new Error("the compiler is in a mood")) });
      await assert.rejects(ensureTools("engine", { tools: [tool], root }), { code: "build-failed", message: /one 1: the compiler is in a mood/ });
      assert.deepEqual(await filesBelow(root), []);
    }));

  it("refuses a build that made less than it promised", () =>
    withTemporaryFolder(async (root) => {
      const { tool } = fakeTool("one");
      const promised = { ...tool, provides: ["one", "other"] as const };
      await assert.rejects(ensureTools("engine", { tools: [promised], root }), { code: "build-failed", message: /made no other/ });
      assert.deepEqual(await filesBelow(root), []);
    }));

  it("says that the disk is full, where, and how much is free, and leaves nothing", () =>
    withTemporaryFolder(async (root) => {
      const full = Object.assign(new Error("write"), { code: "ENOSPC" });
      const { tool } = fakeTool("one", {
        async before({ binDirectory }) {
          await writeFile(join(binDirectory, "half"), "half");
          throw full;
        },
      });
      await assert.rejects(ensureTools("engine", { tools: [tool], root }), (error: Error & { code?: string }) => {
        assert.equal(error.code, "disk-full");
        assert.match(error.message, /\d+ MiB free at /);
        assert.ok(error.message.includes(join(root, "toolchain", "one")));
        assert.equal(error.cause, full);
        return true;
      });
      assert.deepEqual(await filesBelow(root), []);
    }));

  it("sweeps what a dead builder left, and only that", () =>
    withTemporaryFolder(async (root) => {
      const folder = join(root, "toolchain", "one");
      const [dead, living] = [".tmp-4194999-1-abc", `.tmp-${process.pid}-0-abc`];
      for (const name of [dead, living]) await mkdir(join(folder, name, "work"), { recursive: true });
      await ensureTools("engine", { tools: [fakeTool("one").tool], root });
      const left = await readdir(folder);
      assert.ok(!left.includes(dead));
      assert.ok(left.includes(living));
    }));

  it("builds only what the mode needs, in order, and tells each step", () =>
    withTemporaryFolder(async (root) => {
      const fakes = [fakeTool("a"), fakeTool("b", { modes: ["simulated", "node"] }), fakeTool("c", { modes: ["node"] })];
      const tools = fakes.map((fake) => fake.tool);
      const events: ProgressEvent[] = [];
      const simulated = await ensureTools("simulated", { tools, root, onProgress: (event) => events.push(event) });
      assert.deepEqual(fakes.map((fake) => fake.builds()), [1, 1, 0]);
      assert.deepEqual(
        events.map((event) => `${event.step}/${event.of} ${event.tool} ${event.state}`),
        ["1/2 a building", "1/2 a ready", "2/2 b building", "2/2 b ready"],
      );
      assert.throws(() => simulated.path("c"), /c is not part of the mode simulated/);
    }));

  it("stops when the signal fires", () =>
    withTemporaryFolder(async (root) => {
      const stop = new AbortController();
      const { tool } = fakeTool("one", { before: () => Promise.resolve(stop.abort()) });
      await assert.rejects(ensureTools("engine", { tools: [tool], root, signal: stop.signal }), { code: "aborted" });
      assert.deepEqual(await filesBelow(root), []);
    }));
});
