import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ensureTools } from "../ensure";
import { isAlive, thisProcess, withLock } from "../lock";
import { fakeTool, filesBelow, withTemporaryFolder } from "./support/fake-tools";

const builder = join(__dirname, "support", "build-slowly.ts");

function startBuilder(root: string, notes: string, durationMs: number): ChildProcess {
  const args = ["-r", "ts-node/register", builder, root, notes, String(durationMs)];
  return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, TS_NODE_TRANSPILE_ONLY: "true" } });
}

async function notesOf(path: string): Promise<string[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text.split("\n").filter((line) => line !== "");
}

async function waitForNote(path: string): Promise<void> {
  while ((await notesOf(path)).length === 0) await sleep(20);
}

describe("several builders", () => {
  it("build once when two processes start together", () =>
    withTemporaryFolder(async (root) => {
      const notes = join(root, "notes");
      const children = [startBuilder(root, notes, 500), startBuilder(root, notes, 500)];
      const outputs = await Promise.all(
        children.map(async (child) => {
          let text = "";
          child.stdout?.on("data", (chunk: Buffer) => (text += chunk.toString()));
          assert.deepEqual((await once(child, "close"))[0], 0);
          return text;
        }),
      );
      assert.equal((await notesOf(notes)).length, 1);
      assert.equal(outputs[0], outputs[1]);
      assert.equal(execFileSync(outputs[0] ?? "", { encoding: "utf8" }), "slow\n");
    })).timeout(30_000);

  it("take over from one that was killed in the middle, and leave nothing of it", () =>
    withTemporaryFolder(async (root) => {
      const notes = join(root, "notes");
      const child = startBuilder(root, notes, 600_000);
      await waitForNote(notes);
      child.kill("SIGKILL");
      await once(child, "close");
      assert.ok((await filesBelow(root)).some((path) => path.endsWith(".lock")), "the killed one left its lock");
      const { tool, builds } = fakeTool("slow");
      const path = (await ensureTools("engine", { tools: [tool], root })).path("slow");
      assert.equal(builds(), 1);
      assert.equal(execFileSync(path, { encoding: "utf8" }), "slow\n");
      const entry = path.slice(root.length + 1).split("/").slice(0, 3).join("/");
      assert.deepEqual(await filesBelow(root), ["notes", `${entry}/bin/slow`, `${entry}/manifest.json`]);
    })).timeout(30_000);

  it("say for whom they wait", () =>
    withTemporaryFolder(async (root) => {
      const path = join(root, "lock");
      let release = () => {};
      const held = withLock(path, () => new Promise<void>((resolve) => (release = resolve)));
      await sleep(20);
      const second = withLock(path, () => Promise.resolve("done"), {
        onWait: (holder) => {
          assert.equal(holder.pid, process.pid);
          release();
        },
      });
      assert.equal(await second, "done");
      await held;
    }));

  it("stop waiting when the signal fires", () =>
    withTemporaryFolder(async (root) => {
      const path = join(root, "lock");
      await writeFile(path, JSON.stringify(thisProcess()));
      const stop = new AbortController();
      const waiting = withLock(path, () => Promise.resolve(), { signal: stop.signal, onWait: () => stop.abort() });
      await assert.rejects(waiting, { code: "aborted" });
      assert.deepEqual(await filesBelow(root), ["lock"]);
    }));

  it("tell a process from a later one with the same id", () => {
    const self = thisProcess();
    assert.ok(isAlive(self));
    if (self.started !== undefined) assert.ok(!isAlive({ pid: self.pid, started: `${self.started}1` }));
    assert.ok(!isAlive({ pid: 4_194_999, started: undefined }));
  });

  it("give the lock back when the work fails", () =>
    withTemporaryFolder(async (root) => {
      const path = join(root, "deep", "lock");
      await mkdir(join(root, "deep"));
      await assert.rejects(withLock(path, () => Promise.reject(new Error("no"))), /no/);
      assert.deepEqual(await filesBelow(root), []);
    }));
});
