import { Validator } from "@seriousme/openapi-schema-validator";
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { environmentOf } from "../../kit/environment";
import { describeApi } from "../../kit/src/openapi";
import { readServiceConfig } from "../../kit/src/service-config";
import { contract } from "../contract";
import { operations } from "../src/operations";
import { MIGRATIONS } from "./support/rig";

const postgres = { host: "postgres", port: 5432, database: "agentic_flow", user: "workflow", passwordFile: __filename, caFile: __filename };
const restate = { ingressUrl: "http://restate:8080", adminUrl: "http://restate:9070" };
const services = { agent: "http://agent:8080", "message-bus": "http://message-bus:8080" };

describe("workflow contract", () => {
  it("has a handler for every route that is published as available, and for no other", () => {
    const available = Object.entries(contract.routes).filter(([, { status }]) => status === "available").map(([id]) => id);
    // Handlers are only made here and not called.
    assert.deepEqual(Object.keys(operations(undefined as never, undefined as never)).sort(), available.sort());
  });

  it("is described by a valid OpenAPI document with all its routes", async () => {
    const document = describeApi(contract);
    const result = await new Validator().validate(JSON.parse(JSON.stringify(document)) as Record<string, unknown>);
    assert.deepEqual(result.errors ?? [], []);
    assert.equal(Object.values(document.paths).flatMap((path) => Object.keys(path)).length, Object.keys(contract.routes).length);
  });

  it("gives the container an environment that the process accepts", () => {
    const config = readServiceConfig(contract, environmentOf(contract, { region: "eu-west-1", logLevel: "warn", access: { postgres, restate }, services }));
    assert.deepEqual([config.access, config.services, config.handlersPort], [{ postgres, restate }, services, 8082]);
    assert.equal(config.settings.handlersUrl, `http://workflow.agentic-flow.svc:${contract.ports.handlers}`);
  });

  it("makes no table outside its own schema", () => {
    for (const file of readdirSync(MIGRATIONS)) assert.doesNotMatch(readFileSync(join(MIGRATIONS, file), "utf8"), /create\s+(table|index)\s+(if not exists\s+)?\w+\.\w+/i);
  });
});
