import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { asOrdinaryUser, findBuilt, notBuilt, overrideVariable } from "../find-built";
import { withTemporaryFolder } from "./support/fake-tools";

describe("programs that were built before", () => {
  async function built(root: string, key: string, seconds: number): Promise<string> {
    const folder = join(root, "toolchain", "redis", key, "bin");
    await mkdir(folder, { recursive: true });
    const path = join(folder, "redis-server");
    await writeFile(path, "", { mode: 0o755 });
    await utimes(path, seconds, seconds);
    return path;
  }

  it("are the newest of the cache, before the ones on PATH", () =>
    withTemporaryFolder(async (root) => {
      const env = { PATH: join(root, "bin") };
      assert.equal(findBuilt("redis-server", { root, env }), undefined);
      await mkdir(env.PATH);
      await writeFile(join(env.PATH, "redis-server"), "", { mode: 0o755 });
      assert.equal(findBuilt("redis-server", { root, env }), join(env.PATH, "redis-server"));
      await built(root, "b", 1_000);
      const newest = await built(root, "a", 2_000);
      await built(root, ".tmp-1-1-x", 3_000);
      assert.equal(findBuilt("redis-server", { root, env }), newest);
    }));

  it("are named by a variable, and then by nothing else", () =>
    withTemporaryFolder(async (root) => {
      const own = await built(root, "a", 1_000);
      assert.equal(overrideVariable("redis-server"), "AGENTIC_FLOW_REDIS_SERVER");
      assert.equal(findBuilt("redis-server", { root: "/nowhere", env: { AGENTIC_FLOW_REDIS_SERVER: own } }), own);
      assert.equal(findBuilt("redis-server", { root, env: { AGENTIC_FLOW_REDIS_SERVER: join(root, "gone") } }), undefined);
      assert.equal(findBuilt("redis-server", { root, env: { AGENTIC_FLOW_REDIS_SERVER: "" } }), own);
    }));

  it("say how to get them", () => {
    assert.match(notBuilt("etcd"), /AGENTIC_FLOW_ETCD .*--mode simulated/);
    assert.match(notBuilt("postgres"), /no postgres was found.*AGENTIC_FLOW_POSTGRES .*--mode node/);
  });

  it("run under a number that is not root's, where the user is root", function () {
    assert.deepEqual(asOrdinaryUser("id", ["-u"], 1_000), ["id", "-u"]);
    const [command, ...args] = asOrdinaryUser("id", ["-u"], 0);
    if (process.getuid?.() !== 0) return this.skip();
    assert.equal(execFileSync(command, args, { encoding: "utf8" }), "65534\n");
  });
});
