import assert from "node:assert/strict";
import { ConfigError } from "../../kit/src";
import { testContext } from "../../kit/test/support/context";
import { contract } from "../contract";
import { createProviderGateway } from "../src/service";
import { parseProviders } from "../src/provider-settings";
import { parseTenants } from "../src/tenant-settings";

const MODEL = { name: "m", inputPer1k: 1, outputPer1k: 1 };
const good = { name: "a", baseUrl: "https://provider.example/v1", models: [MODEL] };

function faults(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.faults.join("\n");
  }
  return assert.fail("nothing was found");
}

describe("settings of the gateway", () => {
  it("fill in what is not given", () => {
    assert.deepEqual(parseProviders("PROVIDERS", "[]"), []);
    assert.deepEqual(parseProviders("PROVIDERS", JSON.stringify([good])), [{ ...good, timeoutMs: 30_000, priority: 100 }]);
    const tenants = parseTenants("TENANT_LIMITS", '{"acme":{"burst":5}}');
    assert.deepEqual([...tenants.keys()], ["default", "acme"]);
    assert.deepEqual(tenants.get("acme"), { monthlyBudgetUsd: 100, requestsPerSecond: 10, burst: 5 });
  });

  it("name everything whose form is wrong", () => {
    const wrong = [{ name: "A B", baseUrl: 1, models: [], timeoutMs: 0, apiKey: "sk-secret" }, { baseUrl: "https://x" }];
    const found = faults(() => parseProviders("PROVIDERS", JSON.stringify(wrong)));
    for (const each of ["PROVIDERS[0].name", "PROVIDERS[0].baseUrl", "PROVIDERS[0].models", "PROVIDERS[0].timeoutMs", "PROVIDERS[0].apiKey' is not a known", "PROVIDERS[1].name' is required", "PROVIDERS[1].models' is required"]) {
      assert.ok(found.includes(each), `${each} is missing in\n${found}`);
    }
    assert.doesNotMatch(found, /sk-secret/);
  });

  it("name everything that does not fit together", () => {
    const wrong = [good, { ...good, baseUrl: "ftp://x", models: [MODEL, MODEL], apiKeyFile: "/nowhere/key" }, { ...good, name: "b", baseUrl: "https://user:sk-secret@x/?a=1" }];
    const found = faults(() => parseProviders("PROVIDERS", JSON.stringify(wrong)));
    for (const each of ["PROVIDERS[1].name' (a) is there twice", "PROVIDERS[1].baseUrl' must be an http", "PROVIDERS[1].models[1].name' (m) is there twice", "'PROVIDERS[1].apiKeyFile' (/nowhere/key)", "PROVIDERS[2].baseUrl' must have no credentials"]) {
      assert.ok(found.includes(each), `${each} is missing in\n${found}`);
    }
    assert.doesNotMatch(found, /sk-secret/);
  });

  it("are refused together, before anything starts", async () => {
    const context = testContext(contract, { handles: { postgres: {}, redis: {} }, settings: { providers: "{", tenantLimits: '{"Acme":{"monthlyBudgetUsd":-1}}' } });
    const found = faults(() => createProviderGateway(context));
    assert.match(found, /'PROVIDERS' is not JSON[^]*TENANT_LIMITS/);
    assert.match(found, /monthlyBudgetUsd/);
    await context.telemetry.shutdown();
  });
});
