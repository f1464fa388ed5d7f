import { Validator } from "@seriousme/openapi-schema-validator";
import assert from "node:assert/strict";
import { environmentOf } from "../../kit/environment";
import { describeApi } from "../../kit/src/openapi";
import { readServiceConfig } from "../../kit/src/service-config";
import { testContext } from "../../kit/test/support/context";
import { contract } from "../contract";
import { createNeuralService } from "../src/service";

const postgres = { host: "postgres", port: 5432, database: "agentic_flow", user: "neural", passwordFile: __filename, caFile: __filename };

describe("neural contract", () => {
  it("has a handler for every route that is published as available, and for no other", async () => {
    // No call is made.
    const context = testContext(contract, { handles: { postgres: {} } });
    const { operations } = createNeuralService(context);
    const available = Object.entries(contract.routes).filter(([, { status }]) => status === "available").map(([id]) => id);
    assert.deepEqual(Object.keys(operations).sort(), available.sort());
    await context.telemetry.shutdown();
  });

  it("is described by a valid OpenAPI document with all its routes", async () => {
    const document = describeApi(contract);
    const result = await new Validator().validate(JSON.parse(JSON.stringify(document)) as Record<string, unknown>);
    assert.deepEqual(result.errors ?? [], []);
    assert.equal(Object.values(document.paths).flatMap((path) => Object.keys(path)).length, Object.keys(contract.routes).length);
  });

  it("gives the container an environment that the process accepts", () => {
    const env = environmentOf(contract, { region: "eu-west-1", logLevel: "warn", access: { postgres }, services: {} });
    assert.deepEqual(readServiceConfig(contract, env).access, { postgres });
  });
});
