import { Validator } from "@seriousme/openapi-schema-validator";
import assert from "node:assert/strict";
import { environmentOf } from "../../kit/environment";
import { audienceOf } from "../../kit/contract";
import { describeApi } from "../../kit/src/openapi";
import { readServiceConfig } from "../../kit/src/service-config";
import { contract } from "../contract";

const etcd = { endpoints: ["https://etcd-0.etcd:2379"], caFile: __filename, certFile: __filename, keyFile: __filename };

describe("message bus contract", () => {
  it("is described by a valid OpenAPI document with all its routes", async () => {
    const document = describeApi(contract);
    const result = await new Validator().validate(JSON.parse(JSON.stringify(document)) as Record<string, unknown>);
    assert.deepEqual(result.errors ?? [], []);
    assert.equal(Object.values(document.paths).flatMap((path) => Object.keys(path)).length, Object.keys(contract.routes).length);
  });

  it("shows mailboxes to everybody and topics to services alone", () => {
    const internal = Object.values(contract.routes).filter((route) => audienceOf(route) === "internal");
    assert.deepEqual(new Set(internal.map(({ path }) => path)), new Set(["/api/v1/topics", "/api/v1/topics/{topic}/events"]));
  });

  it("gives the container an environment that the process accepts", () => {
    const env = environmentOf(contract, { region: "eu-west-1", logLevel: "warn", access: { etcd }, services: {} });
    assert.deepEqual(readServiceConfig(contract, env).access.etcd, etcd);
  });
});
