import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { binaryName, goModulesDirectory } from "../build/go";
import type { Build, ToolDefinition } from "../definition";
import { allOnPath, officialPulumi } from "../found";
import { findOnPath } from "../search-path";
import { tools } from "../tools";
import { withTemporaryFolder } from "./support/fake-tools";

const table: readonly ToolDefinition[] = tools;

/** Module and version of every `require` line. */
function required(folder: string): Map<string, string> {
  const text = readFileSync(join(goModulesDirectory, folder, "go.mod"), "utf8");
  return new Map([...text.matchAll(/^(?:require|\t)\s*(\S+) (v\S+)/gm)].map((match) => [match[1] ?? "", match[2] ?? ""]));
}

function binariesOf(build: Build): readonly string[] {
  switch (build.kind) {
    case "go":
      return build.packages.map(binaryName);
    case "debian":
      return Object.keys(build.programs);
    case "wheel":
    case "npm":
      return Object.keys(build.members);
    case "script":
      return Object.keys(build.scripts);
    case "custom":
      return [];
    default:
      return build satisfies never;
  }
}

describe("table of tools", () => {
  for (const tool of table) {
    it(`${tool.name}: its builds make exactly what it provides`, () => {
      assert.deepEqual(tool.builds.flatMap(binariesOf).sort(), [...tool.provides].sort());
    });

    const [build] = tool.builds;
    if (build?.kind !== "go" || tool.source.startsWith("own ")) continue;
    it(`${tool.name}: the version is the one that go.mod pins`, () => {
      const pinned = required(build.folder).get(tool.source);
      // The provider's releases are not tagged in a way that the module proxy serves.
      if (tool.name === "pulumi-resource-kubernetes") assert.match(pinned ?? "", /^v4\.0\.0-\d{14}-[0-9a-f]{12}$/);
      else assert.equal(pinned, `v${tool.version}`);
    });
  }

  it("provides every binary once", () => {
    const all = table.flatMap((tool) => tool.provides);
    assert.deepEqual([...new Set(all)], all);
  });

  it("has modes of a region that contain each other, and one that stands by itself", () => {
    for (const { name, modes } of table) {
      if (modes.includes("browser")) assert.deepEqual(modes, ["browser"], name);
      else assert.ok(modes.includes("node"), name);
      if (modes.includes("engine")) assert.ok(modes.includes("simulated"), name);
    }
  });

  it("takes both tools of etcd, and etcd itself, from one release", () => {
    const versions = [required("etcd-tools").get("go.etcd.io/etcd/etcdctl/v3"), required("etcd-tools").get("go.etcd.io/etcd/etcdutl/v3"), required("cluster").get("go.etcd.io/etcd/server/v3")];
    assert.deepEqual([...new Set(versions)], ["v3.6.8"]);
  });

  it("pins the same things for each processor", () => {
    for (const tool of table) {
      for (const build of tool.builds) {
        const pins = build.kind === "wheel" ? Object.values(build.sha256) : build.kind === "npm" ? Object.values(build.packages).map((each) => each.integrity) : [];
        for (const pin of pins) assert.match(pin, build.kind === "npm" ? /^sha512-[A-Za-z0-9+/]{86}==$/ : /^[0-9a-f]{64}$/, tool.name);
        assert.equal(new Set(pins).size, pins.length, `${tool.name}: two processors with one content`);
      }
    }
  });

  it("pins every module by a complete go.sum", () => {
    for (const tool of table) {
      for (const build of tool.builds) {
        if (build.kind !== "go") continue;
        const sums = readFileSync(join(goModulesDirectory, build.folder, "go.sum"), "utf8");
        const replaced = readFileSync(join(goModulesDirectory, build.folder, "go.mod"), "utf8");
        for (const [module, version] of required(build.folder)) {
          if (replaced.includes(`\t${module} => `)) continue;
          assert.ok(sums.includes(`${module} ${version}/go.mod h1:`), `${build.folder}: ${module} ${version}`);
        }
      }
    }
  });
});

describe("programs of the machine", () => {
  const script = (text: string) => ({ mode: 0o755, text: `#!/bin/sh\n${text}\n` });

  async function pulumi(folder: string, version: string, withHost: boolean): Promise<(command: string) => string | undefined> {
    const cli = script(`echo ${version}`);
    await writeFile(join(folder, "pulumi"), cli.text, { mode: cli.mode });
    if (withHost) await writeFile(join(folder, "pulumi-language-nodejs"), "", { mode: 0o755 });
    return (command) => (command === "pulumi" ? join(folder, "pulumi") : undefined);
  }

  it("are used when the CLI is new enough and has its language host", () =>
    withTemporaryFolder(async (folder) => {
      assert.deepEqual(await officialPulumi.find(await pulumi(folder, "v3.201.0", true)), {
        pulumi: join(folder, "pulumi"),
        "pulumi-language-nodejs": join(folder, "pulumi-language-nodejs"),
      });
      assert.equal(await officialPulumi.find(await pulumi(folder, "v3.159.9", true)), undefined);
    }));

  it("are not used when the language host is missing", () =>
    withTemporaryFolder(async (folder) => {
      assert.equal(await officialPulumi.find(await pulumi(folder, "v3.201.0", false)), undefined);
    }));

  it("are used all or none", async () => {
    const rule = allOnPath(["a", "b"]);
    assert.deepEqual(await rule.find((name) => `/bin/${name}`), { a: "/bin/a", b: "/bin/b" });
    assert.equal(await rule.find((name) => (name === "a" ? "/bin/a" : undefined)), undefined);
  });

  it("are never our own, even through a link", () =>
    withTemporaryFolder(async (folder) => {
      const [ours, theirs] = [join(folder, "cache"), join(folder, "bin")];
      for (const path of [ours, theirs]) await mkdir(path);
      await writeFile(join(ours, "own-tool"), "", { mode: 0o755 });
      await symlink(join(ours, "own-tool"), join(theirs, "own-tool"));
      assert.equal(findOnPath("own-tool", [ours], `${ours}:${theirs}`), undefined);
      assert.equal(findOnPath("own-tool", [], `${ours}:${theirs}`), join(ours, "own-tool"));
      await writeFile(join(theirs, "plain"), "");
      assert.equal(findOnPath("plain", [], theirs), undefined);
    }));
});
