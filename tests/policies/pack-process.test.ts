import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { credentials } from "@grpc/grpc-js";
import { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import { EnforcementLevel } from "@pulumi/pulumi/proto/analyzer_pb";
import type { AnalyzerInfo } from "@pulumi/pulumi/proto/analyzer_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { rules } from "../../policies/baseline/rules";

const startTimeoutMs = 60_000;
const root = join(__dirname, "../..");
const packFolder = join(root, "policies/baseline");
const launcher = require.resolve("@pulumi/pulumi/cmd/run-policy-pack");

/** Starts the pack as the engine does: in its own folder, with the engine's address and "." as arguments. */
async function askPack(signal: AbortSignal, folder = packFolder): Promise<AnalyzerInfo> {
  const pack = spawn(process.execPath, [launcher, "127.0.0.1:1", "."], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let client: AnalyzerClient | undefined;
  let errors = "";
  pack.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  try {
    const lines = createInterface({ input: pack.stdout });
    const [line] = (await Promise.race([
      once(lines, "line", { signal }),
      once(pack, "close", { signal }).then(([code]) => {
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

/** Runs a piece with a copy of the pack whose configuration is another. */
async function withConfig<T>(config: unknown, use: (folder: string) => Promise<T>): Promise<T> {
  const copy = mkdtempSync(join(tmpdir(), "pack-"));
  try {
    for (const part of ["policies", "config", "package.json", "tsconfig.json"]) cpSync(join(root, part), join(copy, part), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
    const folder = join(copy, "policies/baseline");
    writeFileSync(join(folder, "config.json"), JSON.stringify(config));
    return await use(folder);
  } finally {
    rmSync(copy, { recursive: true });
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

  it("hands its configuration to the engine", async function () {
    this.timeout(startTimeoutMs);
    const config = { "require-probes": { slowStartSeconds: 7 }, "require-labels": "advisory" };
    const info = await withConfig(config, (folder) => askPack(AbortSignal.timeout(startTimeoutMs), folder));
    const given = info.getInitialconfigMap();
    assert.deepEqual(given.get("require-probes")?.getProperties()?.toJavaScript(), { slowStartSeconds: 7 });
    assert.equal(given.get("require-labels")?.getEnforcementlevel(), EnforcementLevel.ADVISORY);
    const schemas = info.getPoliciesList().flatMap((rule) => (rule.getConfigschema() === undefined ? [] : [rule.getName()]));
    assert.deepEqual(schemas, ["forbid-default-namespace", "forbid-host-access", "forbid-privileged-containers", "require-labels", "require-probes"]);
  });

  it("does not start with a configuration that is wrong", async function () {
    this.timeout(startTimeoutMs);
    const config = { "require-probe": "mandatory", "require-probes": { slowStartSeconds: "long" } };
    await assert.rejects(
      withConfig(config, (folder) => askPack(AbortSignal.timeout(startTimeoutMs), folder)),
      /ended with code [1-9][\s\S]*'require-probe' .*did you mean 'require-probes'\?[\s\S]*'require-probes\.slowStartSeconds' \(long\) must be integer/,
    );
  });
});
