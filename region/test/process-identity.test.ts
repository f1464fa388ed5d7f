import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { killMarkedProcesses, markedProcesses, regionMark } from "../marked-processes";
import { identify, isAlive, parseStat } from "../process-identity";
import { waitFor } from "../wait";

const sleep = (env: NodeJS.ProcessEnv = {}) => spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"], { stdio: "ignore", env: { ...process.env, ...env } });

describe("identity of a process", () => {
  it("is read past a command with blanks and parentheses", () => {
    const fields = Array.from({ length: 49 }, (_, index) => String(index + 4));
    assert.deepEqual(parseStat(`77 (a) b (c)) S ${fields.join(" ")}\n`), { state: "S", parent: 4, startTime: "22" });
  });

  it("holds for a process as long as it runs", async () => {
    const child = sleep();
    const identity = identify(child.pid ?? 0);
    assert.ok(identity !== undefined);
    assert.equal(isAlive(identity), true);
    child.kill("SIGKILL");
    await once(child, "exit");
    assert.equal(isAlive(identity), false);
  });

  it("does not hold for another process that got the number, nor after a reboot", () => {
    const self = identify(process.pid);
    assert.ok(self !== undefined);
    assert.equal(isAlive(self), true);
    assert.equal(isAlive({ ...self, startTime: `${self.startTime}1` }), false);
    assert.equal(isAlive({ ...self, bootId: "another boot" }), false);
  });
});

describe("processes with a region's mark", () => {
  it("are found and killed, and no others", async () => {
    const directory = `/nowhere/regions/mark-${process.pid}`;
    const ours = sleep({ [regionMark]: directory });
    const others = sleep({ [regionMark]: `${directory}-2` });
    try {
      // Node sets its environment up a moment after the process exists.
      await waitFor(() => markedProcesses(directory).length === 1, { timeoutMs: 5_000, everyMs: 10 });
      assert.deepEqual(markedProcesses(directory).map(({ pid }) => pid), [ours.pid]);
      const ended = once(ours, "exit");
      assert.deepEqual(await killMarkedProcesses(directory), { killed: 1, left: [] });
      assert.deepEqual(await ended, [null, "SIGKILL"]);
      assert.deepEqual(markedProcesses(directory), []);
      assert.equal(others.exitCode ?? others.signalCode, null);
    } finally {
      ours.kill("SIGKILL");
      others.kill("SIGKILL");
    }
  }).timeout(15_000);
});
