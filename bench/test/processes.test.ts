import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { roleOf } from "../process-role";
import { descendants, parsePeakBytes, parseProcessStat, readPeakBytes, readProcesses } from "../process-table";

const stat = "4242 (node (worker) x) S 17 4242 4242 0 -1 4194304 100 0 0 0 250 50 9 9 20 0 11 0 987654 1000 200";

describe("processes as the benchmark sees them", () => {
  it("are read from a line whose command has blanks and parentheses", () => {
    assert.deepEqual(parseProcessStat(stat), { pid: 4242, parent: 17, cpuMs: 3000, startTicks: 987654 });
  });

  it("have a peak of memory until they end", () => {
    assert.equal(parsePeakBytes("Name:\tnode\nVmHWM:\t   2048 kB\nVmRSS:\t 1024 kB\n"), 2 * 1024 * 1024);
    assert.equal(parsePeakBytes("Name:\tnode\nState:\tZ (zombie)\n"), undefined);
  });

  it("below a root are found to any depth, and no others", () => {
    const process = (pid: number, parent: number) => ({ pid, parent, cpuMs: 0, startTicks: 0 });
    const found = descendants([process(5, 3), process(1, 0), process(3, 2), process(2, 1), process(4, 1)], 2);
    assert.deepEqual(found.map(({ pid }) => pid), [2, 3, 5]);
  });

  it("include this one", function () {
    if (process.platform !== "linux") this.skip();
    assert.equal(readProcesses().find(({ pid }) => pid === process.pid)?.parent, process.ppid);
    assert.ok((readPeakBytes(process.pid) ?? 0) > 1e6);
  });

  it("have the part that their command line tells", () => {
    const lines: Readonly<Record<string, string>> = {
      "/cache/bin/pulumi preview --stack local": "engine",
      "/cache/bin/pulumi-language-nodejs -typescript=true 127.0.0.1:1": "language host",
      "/x/node -e console.log(require.resolve('@pulumi/pulumi/cmd/run'));": "other",
      "/x/node /x/node_modules/@pulumi/pulumi/cmd/run --monitor 127.0.0.1:1 index.ts": "program",
      "/x/node /x/node_modules/@pulumi/pulumi/cmd/run-policy-pack 127.0.0.1:1 .": "policies",
      "/cache/bin/pulumi-resource-kubernetes 127.0.0.1:1": "provider",
      "/x/node -r ts-node/register/transpile-only /x/providers/tls/main.ts": "served providers",
      "sleep 1": "other",
    };
    for (const [line, role] of Object.entries(lines)) assert.equal(roleOf(line), role, line);
  });
});
