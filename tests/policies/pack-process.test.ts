import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { credentials } from "@grpc/grpc-js";
import { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import { EnforcementLevel } from "@pulumi/pulumi/proto/analyzer_pb";
import type { AnalyzerInfo } from "@pulumi/pulumi/proto/analyzer_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { rules } from "../../policies/baseline/rules";

const startTimeoutMs = 60_000;
const packFolder = join(__dirname, "../../policies/baseline");
const launcher = require.resolve("@pulumi/pulumi/cmd/run-policy-pack");

/** Starts the pack as the engine does: in its own folder, with the engine's address and "." as arguments. */
async function askPack(signal: AbortSignal): Promise<AnalyzerInfo> {
  const pack = spawn(process.execPath, [launcher, "127.0.0.1:1", "."], { cwd: packFolder, stdio: ["ignore", "pipe", "pipe"] });
  let client: AnalyzerClient | undefined;
  let errors = "";
  pack.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  try {
    const lines = createInterface({ input: pack.stdout });
    const [line] = (await Promise.race([
      once(lines, "line", { signal }),
      once(pack, "exit", { signal }).then(([code]) => {
        throw new Error(`the pack ended with code ${String(code)}:\n${errors}`);
      }),
    ])) as [string];
    assert.match(line, /^\d+$/, "the first line of the pack is its port");
    const started = new AnalyzerClient(`127.0.0.1:${line}`, credentials.createInsecure());
    client = started;
    return await new Promise<AnalyzerInfo>((resolve, reject) =>
      started.getAnalyzerInfo(new Empty(), (error, info) => (error ? reject(error) : resolve(info))));
  } finally {
    client?.close();
    pack.kill("SIGKILL");
  }
}

describe("the pack as the engine starts it", () => {
  it("serves all of its rules as mandatory, from TypeScript, with no build step", async function () {
    this.timeout(startTimeoutMs);
    const info = await askPack(AbortSignal.timeout(startTimeoutMs));
    assert.equal(info.getName(), "baseline");
    assert.match(info.getVersion(), /^\d+\.\d+\.\d+$/);
    const served = info.getPoliciesList().map((rule) => ({ name: rule.getName(), level: rule.getEnforcementlevel() }));
    assert.deepEqual(served, rules.map(({ name }) => ({ name, level: EnforcementLevel.MANDATORY })));
  });
});
