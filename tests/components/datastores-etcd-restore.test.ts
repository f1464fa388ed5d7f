import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, describe, it } from "mocha";
import { etcdRestoreScript } from "../../cli/backups/stores";
import { freePorts } from "../../services/kit/test/support/etcd-server";
import { findBuilt, notBuilt } from "../../toolchain/find-built";

const START_TIMEOUT_MS = 20_000;

/** One member on loopback, restored by the script of `restore` with the real etcdutl. */
describe("a restored etcd", function () {
  this.timeout(60_000);
  let directory: string;
  let flags: string[];
  let client: string;
  let member: ChildProcess | undefined;

  const etcdctl = (...args: string[]): string =>
    execFileSync(findBuilt("etcdctl") ?? "", [`--endpoints=${client}`, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const start = async (): Promise<void> => {
    const started = spawn(findBuilt("etcd") ?? "", [...flags.map((flag) => flag.replaceAll("$(POD_NAME)", "etcd-0")), `--data-dir=${join(directory, "data")}`], { stdio: "ignore" });
    member = started;
    const until = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      try {
        etcdctl("endpoint", "health");
        return;
      } catch (error) {
        if (started.exitCode !== null || Date.now() > until) throw error;
        await sleep(50);
      }
    }
  };
  const stop = async (): Promise<void> => {
    if (member === undefined || member.exitCode !== null || member.signalCode !== null) return;
    const gone = once(member, "exit");
    member.kill("SIGKILL");
    await gone;
  };
  const restore = (): string =>
    execFileSync("/bin/sh", ["-euc", etcdRestoreScript(flags, "etcd-0", directory)], {
      encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], env: { PATH: `${dirname(findBuilt("etcdutl") ?? "")}:/usr/bin:/bin` },
    });

  before(async function () {
    const missing = (["etcd", "etcdctl", "etcdutl"] as const).find((binary) => findBuilt(binary) === undefined);
    if (missing !== undefined) {
      if (process.env["CI"] !== undefined) throw new Error(notBuilt(missing));
      console.warn(`      ${notBuilt(missing)}`);
      this.skip();
    }
    directory = mkdtempSync(join(tmpdir(), "agentic-flow-etcd-restore-"));
    const [clientPort, peerPort] = await freePorts(2);
    client = `http://127.0.0.1:${clientPort}`;
    const peer = `http://127.0.0.1:${peerPort}`;
    flags = [
      "--name=$(POD_NAME)", `--initial-cluster=etcd-0=${peer}`, "--initial-cluster-token=test", `--initial-advertise-peer-urls=${peer}`,
      `--listen-peer-urls=${peer}`, `--listen-client-urls=${client}`, `--advertise-client-urls=${client}`,
    ];
    await start();
  });

  after(async () => {
    await stop();
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  });

  it("holds what the snapshot held, at revisions that nobody has seen yet", async () => {
    const snapshot = join(directory, "restoring.snapshot");
    etcdctl("put", "kept", "before");
    etcdctl("snapshot", "save", snapshot);
    etcdctl("put", "kept", "after");
    etcdctl("put", "later", "1");
    const revision = (): number => (JSON.parse(etcdctl("get", "kept", "--write-out=json")) as { header: { revision: number } }).header.revision;
    const seen = revision();
    await stop();
    restore();
    await start();
    assert.equal(etcdctl("get", "kept", "--print-value-only").trim(), "before");
    assert.equal(etcdctl("get", "later"), "");
    assert.ok(revision() > seen + 1_000_000, `${revision()} after ${seen}`);
    etcdctl("put", "goes", "on");
  });

  it("keeps its data when the snapshot is damaged", async () => {
    await stop();
    writeFileSync(join(directory, "restoring.snapshot"), "no snapshot");
    assert.throws(restore);
    await start();
    assert.equal(etcdctl("get", "goes", "--print-value-only").trim(), "on");
  });
});
