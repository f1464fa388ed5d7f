import { Validator } from "@seriousme/openapi-schema-validator";
import assert from "node:assert/strict";
import { environmentOf } from "../../kit/environment";
import { EtcdClient } from "../../kit/src/etcd";
import { describeApi } from "../../kit/src/openapi";
import { readServiceConfig } from "../../kit/src/service-config";
import { testContext } from "../../kit/test/support/context";
import { contract } from "../contract";
import { createAgentService } from "../src/service";

const etcd = { endpoints: ["https://etcd-0.etcd:2379", "https://etcd-1.etcd:2379"], caFile: __filename, certFile: __filename, keyFile: __filename };
const BUS = { "message-bus": "http://message-bus.agentic-flow.svc:8080" };

describe("agent contract", () => {
  it("has a handler for every route that is published as available, and for no other", () => {
    // No call is made: the client connects at its first.
    const client = new EtcdClient({ endpoints: etcd.endpoints, tls: etcd });
    try {
      const { operations } = createAgentService(testContext(contract, { handles: { etcd: client }, services: BUS }));
      const available = Object.entries(contract.routes).filter(([, { status }]) => status === "available").map(([id]) => id);
      assert.deepEqual(Object.keys(operations).sort(), available.sort());
    } finally {
      client.close();
    }
  });

  it("is described by a valid OpenAPI document with all its routes", async () => {
    const document = describeApi(contract);
    const result = await new Validator().validate(JSON.parse(JSON.stringify(document)) as Record<string, unknown>);
    assert.deepEqual(result.errors ?? [], []);
    assert.equal(Object.values(document.paths).flatMap((path) => Object.keys(path)).length, Object.keys(contract.routes).length);
  });

  it("gives the container an environment that the process accepts", () => {
    const env = environmentOf(contract, { region: "eu-west-1", logLevel: "warn", access: { etcd }, services: BUS });
    const config = readServiceConfig(contract, env);
    assert.deepEqual(config.access.etcd, etcd);
    assert.deepEqual([config.region, config.port, config.adminPort, config.logLevel], ["eu-west-1", contract.ports.api, contract.ports.admin, "warn"]);
  });
});
