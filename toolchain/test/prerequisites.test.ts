import assert from "node:assert/strict";
import { ensureTools } from "../ensure";
import { isAtLeast, requiredGoVersion, requirePrerequisites } from "../prerequisites";
import type { ToolDefinition } from "../definition";
import { fakeTool, filesBelow, withTemporaryFolder } from "./support/fake-tools";

describe("toolchain prerequisites", () => {
  it("names everything that is missing at once, before anything is built", () =>
    withTemporaryFolder(async (root) => {
      const healthy = fakeTool("healthy");
      const first = fakeTool("first", { prerequisites: [{ command: "no-such-compiler", advice: "compiles; get it from the moon" }] });
      const second = fakeTool("second", {
        prerequisites: [
          { command: "no-such-compiler", advice: "compiles; get it from the moon" },
          { command: "sh", advice: "runs", check: () => Promise.resolve("is too old; get a new one") },
        ],
      });
      const tools = [healthy.tool, first.tool, second.tool];
      await assert.rejects(ensureTools("node", { tools, root }), (error: Error & { code?: string }) => {
        assert.equal(error.code, "prerequisite-missing");
        assert.match(error.message, /no-such-compiler is not on PATH; it compiles; get it from the moon \(for first, second\)/);
        assert.match(error.message, /sh is too old; get a new one \(for second\)/);
        return true;
      });
      assert.equal(healthy.builds(), 0);
      assert.deepEqual(await filesBelow(root), []);
    }));

  it("asks for nothing when all is built", () =>
    withTemporaryFolder(async (root) => {
      const before = fakeTool("one");
      await ensureTools("engine", { tools: [before.tool], root });
      const after = fakeTool("one", { prerequisites: [{ command: "no-such-compiler", advice: "compiles" }] });
      await ensureTools("engine", { tools: [after.tool], root });
      assert.equal(after.builds(), 0);
    }));

  it("asks for what the builders use, per kind", async () => {
    const tool = (name: string, builds: ToolDefinition["builds"]): ToolDefinition => ({ name, version: "1", source: "s", modes: ["node"], provides: [name], builds });
    const all = [
      tool("compiled", [{ kind: "go", folder: "runc", packages: ["x"], cgo: true }]),
      tool("unpacked", [{ kind: "debian", packages: ["p"], programs: {} }]),
      tool("wheel", [{ kind: "wheel", project: "p", version: "1", sha256: {}, members: {} }]),
      tool("package", [{ kind: "npm", version: "1", packages: {}, members: {} }]),
      tool("script", [{ kind: "script", scripts: {} }]),
    ];
    await assert.rejects(requirePrerequisites(all, () => undefined), (error: Error) => {
      for (const command of ["go", "gcc", "apt-get", "dpkg-deb", "python3", "npm", "tar"]) {
        assert.match(error.message, new RegExp(`- ${command} is not on PATH; .*(get|install) `));
      }
      assert.match(error.message, /go\.dev\/dl/);
      return true;
    });
  });

  it("compares versions by number", () => {
    assert.ok(isAtLeast("go1.26.8", "1.25.0"));
    assert.ok(isAtLeast("v3.160.0", "3.160"));
    assert.ok(!isAtLeast("3.99.9", "3.160.0"));
    assert.ok(!isAtLeast("go1.9", "1.25"));
    assert.ok(!isAtLeast("", "0.1"));
  });

  it("reads the Go release from the committed module", () => {
    assert.match(requiredGoVersion("cluster"), /^1\.\d+\.\d+$/);
  });
});
