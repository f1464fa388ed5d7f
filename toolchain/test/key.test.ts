import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { GoBuild, ToolDefinition } from "../definition";
import { type KeyFacts, toolKey } from "../key";
import { withTemporaryFolder } from "./support/fake-tools";

const build: GoBuild = {
  kind: "go",
  folder: "one",
  packages: ["example.org/one", "./sub"],
  variables: { "main.version": "1" },
  patches: [{ module: "example.org/two", edits: [{ file: "a.go", find: /a+/, replace: "b" }] }],
};
const tool: ToolDefinition = { name: "one", version: "1", source: "s", modes: ["engine"], provides: ["one"], builds: [build] };

async function facts(folder: string, more: Partial<KeyFacts> = {}): Promise<KeyFacts> {
  const goModules = join(folder, "go");
  await mkdir(join(goModules, "one", "sub"), { recursive: true });
  await writeFile(join(goModules, "one", "go.mod"), "module one\n");
  await writeFile(join(goModules, "one", "go.sum"), "");
  await writeFile(join(goModules, "one", "sub", "main.go"), "package main\n");
  return { goVersion: "go1.26.8", distribution: "debian 12", platform: "linux x64", goModules, ...more };
}

describe("toolchain key", () => {
  it("is the same for the same content in another place", () =>
    withTemporaryFolder((a) =>
      withTemporaryFolder(async (b) => {
        assert.equal(toolKey(tool, await facts(a)), toolKey(structuredClone(tool), await facts(b)));
      }),
    ));

  it("does not depend on the order in which a definition is written", () =>
    withTemporaryFolder(async (folder) => {
      const reordered = Object.fromEntries(Object.entries(build).reverse()) as unknown as GoBuild;
      assert.equal(toolKey({ ...tool, builds: [reordered] }, await facts(folder)), toolKey(tool, await facts(folder)));
    }));

  const changes: Readonly<Record<string, Partial<GoBuild>>> = {
    "a package": { packages: ["example.org/other"] },
    "a linker variable": { variables: { "main.version": "2" } },
    "a tag": { tags: ["no_zfs"] },
    "the use of C": { cgo: true },
    "the pattern of a patch": { patches: [{ module: "example.org/two", edits: [{ file: "a.go", find: /a/, replace: "b" }] }] },
  };
  for (const [name, change] of Object.entries(changes)) {
    it(`changes with ${name}`, () =>
      withTemporaryFolder(async (folder) => {
        const changed = { ...tool, builds: [{ ...build, ...change }] };
        assert.notEqual(toolKey(changed, await facts(folder)), toolKey(tool, await facts(folder)));
      }));
  }

  it("changes with a committed file, the compiler and the platform", () =>
    withTemporaryFolder(async (folder) => {
      const before = toolKey(tool, await facts(folder));
      assert.notEqual(toolKey(tool, await facts(folder, { goVersion: "go1.26.9" })), before);
      assert.notEqual(toolKey(tool, await facts(folder, { platform: "linux arm64" })), before);
      const changed = await facts(folder);
      await writeFile(join(folder, "go", "one", "sub", "main.go"), "package main \n");
      assert.notEqual(toolKey(tool, changed), before);
    }));

  it("does not change with a main of another tool in the same module", () =>
    withTemporaryFolder(async (folder) => {
      const here = await facts(folder);
      const before = toolKey(tool, here);
      await mkdir(join(folder, "go", "one", "other"));
      await writeFile(join(folder, "go", "one", "other", "main.go"), "package main\n");
      assert.equal(toolKey(tool, here), before);
    }));

  it("changes with the distribution only where its libraries are used", () =>
    withTemporaryFolder(async (folder) => {
      const debian: ToolDefinition = { ...tool, builds: [{ kind: "debian", packages: ["p"], programs: { one: "one" } }] };
      const [here, there] = [await facts(folder), await facts(folder, { distribution: "debian 13" })];
      assert.notEqual(toolKey(debian, here), toolKey(debian, there));
      assert.equal(toolKey(tool, here), toolKey(tool, there));
    }));
});
