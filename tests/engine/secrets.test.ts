import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation";
import type { Stack } from "@pulumi/pulumi/automation";
import * as random from "@pulumi/random";
import { serveProviders } from "../../providers";
import type { ServedProviders } from "../../providers";
import { ensureToolchain } from "../../toolchain";

/** The real engine with the provider that is served here, on a state in a folder. */
describe("a password in the engine", function () {
  this.timeout(120_000);
  let directory: string;
  let providers: ServedProviders;
  let stack: Stack;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "agentic-flow-secrets-"));
    const tools = await ensureToolchain("engine");
    process.env["PATH"] = [...tools.dirsForPath(), process.env["PATH"] ?? ""].join(":");
    const env = { ...process.env, PULUMI_HOME: join(directory, "home") };
    providers = await serveProviders({ env });
    const program = (): Promise<Record<string, unknown>> => {
      const provider = new random.Provider("random");
      const password = new random.RandomPassword("password", { length: 40, special: false }, { provider });
      return Promise.resolve({ password: password.result });
    };
    stack = await LocalWorkspace.createOrSelectStack(
      { projectName: "secrets", stackName: "test", program },
      {
        pulumiHome: join(directory, "home"),
        pulumiCommand: await PulumiCommand.get(),
        projectSettings: { name: "secrets", runtime: "nodejs", backend: { url: `file://${directory}` } },
        envVars: {
          PULUMI_BACKEND_URL: `file://${directory}`,
          PULUMI_CONFIG_PASSPHRASE: "only-for-this-test",
          PULUMI_SKIP_UPDATE_CHECK: "true",
          PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
          PULUMI_DEBUG_PROVIDERS: providers.debugProviders,
        },
      },
    );
  });

  after(async () => {
    await providers?.close();
    await rm(directory, { recursive: true, force: true });
  });

  it("is in the state as ciphertext only, and stays the same", async () => {
    const { outputs } = await stack.up();
    const password = String(outputs["password"]?.value);
    assert.match(password, /^[a-zA-Z0-9]{40}$/);
    assert.equal(outputs["password"]?.secret, true);
    const files = (await readdir(directory, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile() && !entry.parentPath.includes("home"));
    const texts = await Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name), "utf8")));
    assert.ok(texts.some((text) => text.includes("RandomPassword") && text.includes("ciphertext")), "no state was found");
    for (const text of texts) assert.ok(!text.includes(password), "the password is in a file of the state");
    const again = await stack.up();
    assert.deepEqual(again.summary.resourceChanges, { same: 3 });
    assert.equal(again.outputs["password"]?.value, password);
  });
});
