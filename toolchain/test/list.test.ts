import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ensureTools, inspectTools, type ProgressEvent } from "../ensure";
import { formatReport, report, type ToolReport } from "../list";
import { printProgress } from "../progress";
import { tools } from "../tools";
import { fakeTool, withTemporaryFolder } from "./support/fake-tools";

const main = join(__dirname, "..", "main.ts");

function command(cache: string, ...args: readonly string[]) {
  const env = { ...process.env, AGENTIC_FLOW_CACHE: cache, PATH: dirname(process.execPath), TS_NODE_TRANSPILE_ONLY: "true" };
  return spawnSync(process.execPath, ["-r", "ts-node/register", main, ...args], { encoding: "utf8", env });
}

describe("toolchain list", () => {
  it("says of each tool what is there", () =>
    withTemporaryFolder(async (root) => {
      const [built, missing] = [fakeTool("built").tool, fakeTool("missing").tool];
      const onPath = { ...fakeTool("own").tool, found: { rule: "r", find: () => Promise.resolve({ own: "/usr/bin/own" }) } };
      const toolchain = await ensureTools("engine", { tools: [built], root });
      const lines = await report(await inspectTools<string>([built, missing, onPath], root));
      assert.deepEqual(
        lines.map((line) => [line.tool, line.state, line.directory, line.sizeBytes]),
        [
          ["built", "ready", dirname(dirname(toolchain.path("built"))), "#!/bin/sh\necho built\n".length],
          ["missing", "missing", undefined, undefined],
          ["own", "on PATH", "/usr/bin", undefined],
        ],
      );
      const text = formatReport(lines);
      assert.match(text, /^TOOL +VERSION +STATE +SIZE +BUILT IN +BINARIES +WHERE\n/);
      assert.match(text, /\nbuilt +1 +ready +0\.0 MiB +\d+\.\d s +built +\//);
      assert.match(text, /\nmissing +1 +missing +- +- +missing +-\n/);
      assert.match(text, /3 tools, 1 to be built/);
    }));

  it("finds changed content of the right size only when asked to read everything", () =>
    withTemporaryFolder(async (root) => {
      const { tool } = fakeTool("one");
      const path = (await ensureTools("engine", { tools: [tool], root })).path("one");
      await writeFile(path, "#!/bin/sh\necho 0ne\n");
      const states = await inspectTools([tool], root);
      assert.deepEqual((await report(states)).map((line) => line.state), ["ready"]);
      assert.deepEqual((await report(states, true)).map((line) => line.state), ["damaged"]);
      await truncate(path, 1);
      assert.deepEqual((await report(await inspectTools([tool], root))).map((line) => line.state), ["missing"]);
    }));

  it("is a command that lists the tools of a mode as JSON", () =>
    withTemporaryFolder((cache) => {
      const { stdout, status } = command(cache, "--list", "--json", "--mode", "engine");
      assert.equal(status, 0);
      const listed = (JSON.parse(stdout) as ToolReport[]).map((line) => line.tool);
      assert.deepEqual(listed, tools.filter((tool) => (tool.modes as readonly string[]).includes("engine")).map((tool) => tool.name));
      return Promise.resolve();
    })).timeout(20_000);

  it("refuses flags that it does not know, all at once, and lists those that it does", () =>
    withTemporaryFolder((cache) => {
      const { stderr, status } = command(cache, "--lsit", "--mode=fast", "more");
      assert.equal(status, 2);
      for (const text of ["unknown flag '--lsit'", "--mode 'fast' must be one of: engine, simulated, node", "unexpected argument 'more'", "--list"]) {
        assert.ok(stderr.includes(text), `${text} in ${stderr}`);
      }
      return Promise.resolve();
    })).timeout(20_000);

  it("names what is missing on a bare machine, with exit code 1", () =>
    withTemporaryFolder((cache) => {
      const { stderr, status } = command(cache, "--mode", "engine");
      assert.equal(status, 1);
      assert.match(stderr, /go is not on PATH; it compiles the engines; get Go \S+ or later from go\.dev\/dl/);
      return Promise.resolve();
    })).timeout(20_000);
});

describe("toolchain progress", () => {
  const event = (state: ProgressEvent["state"], elapsedMs: number, detail?: string): ProgressEvent => ({ step: 3, of: 14, tool: "etcd", state, elapsedMs, ...(detail === undefined ? {} : { detail }) });
  const printed = (isTTY: boolean, events: readonly ProgressEvent[]) => {
    let text = "";
    const print = printProgress({ isTTY, write: (more) => (text += more) });
    for (const each of events) print(each);
    return text;
  };

  it("overwrites the line on a terminal", () => {
    assert.equal(
      printed(true, [event("building", 0), event("building", 42_000), event("ready", 43_000)]),
      "\r\u001b[K[3/14] etcd  building …\r\u001b[K[3/14] etcd  building … 42 s\r\u001b[K[3/14] etcd  ready 43 s\n",
    );
  });

  it("repeats it now and then elsewhere, and says for whom it waits", () => {
    assert.equal(
      printed(false, [event("building", 0), event("building", 1_000), event("building", 20_000, "waiting for process 7"), event("failed", 21_000)]),
      "[3/14] etcd  building …\n[3/14] etcd  waiting for process 7 … 20 s\n[3/14] etcd  failed 21 s\n",
    );
  });

  it("is silent about what was ready", () => {
    assert.equal(printed(false, [event("ready", 0)]), "");
  });
});
