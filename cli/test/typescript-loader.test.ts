import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { eventually } from "../../tests/support/cli";
import { programCache } from "../program-cache";

const loader = join(__dirname, "..", "typescript-loader.cjs");

/** Lines 1 to 3 are gone from the JavaScript: only a mapped error names line 7. */
const program = `interface Gone {
  readonly first: string;
}
import { join } from "node:path";
export const folder: string = join(__dirname, "x");
export function fail(value: Gone | undefined): never {
  throw new Error(\`failed at \${String(value)}\`);
}
`;

describe("the loader of the program's TypeScript", () => {
  let directory: string;
  let kept: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), "agentic-flow-loader-"));
    kept = join(directory, "kept");
    writeFileSync(join(directory, "program.ts"), program);
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  const node = (script: string, env: NodeJS.ProcessEnv = { ...process.env, AGENTIC_FLOW_TRANSPILED: kept }) =>
    spawnSync(process.execPath, ["--require", loader, "-e", script], { cwd: directory, env, encoding: "utf8" });

  it("runs TypeScript where it lies, and keeps what it made of it", () => {
    const { stdout, stderr } = node("console.log(require('./program.ts').folder)");
    assert.equal(stdout.trim(), join(directory, "x"), stderr);
    assert.equal(readdirSync(kept).length, 1);
  });

  it("uses what it kept, until the source changes", () => {
    const [file = ""] = readdirSync(kept);
    const text = readFileSync(join(kept, file), "utf8");
    writeFileSync(join(kept, file), text.replace('"x"', '"kept"'));
    assert.match(node("console.log(require('./program.ts').folder)").stdout, /kept$/m);
    writeFileSync(join(directory, "program.ts"), program.replace('"x"', '"edited"'));
    assert.match(node("console.log(require('./program.ts').folder)").stdout, /edited$/m);
  });

  it("shows errors with the lines of the TypeScript, also when another library asks for them", () => {
    const other = join(__dirname, "..", "..", "node_modules", "source-map-support", "register");
    const { stderr } = node(`require(${JSON.stringify(other)}); require('./program.ts').fail()`);
    assert.match(stderr, /program\.ts:7:/);
  });

  it("ends the process when whoever started it was killed", async () => {
    const own = "console.log(process.pid); setInterval(() => {}, 1000);";
    const starter = `require("node:child_process").spawn(process.execPath, ["--require", ${JSON.stringify(loader)}, "-e", ${JSON.stringify(own)}], { stdio: ["ignore", "inherit", "ignore"] }); setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ["-e", starter], { env: { ...process.env, AGENTIC_FLOW_TRANSPILED: kept }, stdio: ["ignore", "pipe", "ignore"] });
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const child = Number(line.toString());
    assert.ok(existsSync(`/proc/${child}`));
    parent.kill("SIGKILL");
    await eventually("the end of the child", 10_000, () => Promise.resolve(existsSync(`/proc/${child}`) ? undefined : true));
  });

  it("is told where to keep things", () => {
    assert.match(node("0", { PATH: process.env["PATH"] }).stderr, /AGENTIC_FLOW_TRANSPILED is not set/);
  });
});

describe("the cache of the program", () => {
  it("is emptied when it has outgrown its limit", async () => {
    const root = mkdtempSync(join(tmpdir(), "agentic-flow-program-"));
    try {
      const cache = await programCache(root, 2);
      for (const name of ["a", "b"]) writeFileSync(join(cache.transpiled, name), "");
      mkdirSync(join(cache.compiled, "version"));
      for (const name of ["a", "b"]) writeFileSync(join(cache.compiled, "version", name), "");
      await programCache(root, 2);
      assert.deepEqual(readdirSync(cache.transpiled).sort(), ["a", "b"]);
      assert.deepEqual(readdirSync(join(root, "program")).sort(), ["transpiled"], "three entries were above the limit of two");
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
});
