import { Validator } from "@seriousme/openapi-schema-validator";
import assert from "node:assert/strict";
import { readConfig } from "../../kit/src";
import { EtcdClient } from "../../kit/src/etcd";
import { describeApi } from "../../kit/src/openapi";
import { contract } from "../contract";
import { agentService } from "../src/service";
import { workload } from "../workload";

const etcd = { endpoints: ["https://etcd-0.etcd:2379", "https://etcd-1.etcd:2379"], caFile: __filename, certFile: __filename, keyFile: __filename };

describe("agent contract and workload", () => {
  it("has a handler for every route that is published as available, and for no other", () => {
    // No call is made: the client connects at its first.
    const client = new EtcdClient({ endpoints: etcd.endpoints, tls: etcd });
    try {
      const { operations } = agentService(client, "test");
      const available = Object.entries(contract.routes).filter(([, { status }]) => status === "available").map(([id]) => id);
      assert.deepEqual(Object.keys(operations).sort(), available.sort());
    } finally {
      client.close();
    }
  });

  it("is described by a valid OpenAPI document with all its routes", async () => {
    const client = new EtcdClient({ endpoints: etcd.endpoints, tls: etcd });
    try {
      const document = describeApi(contract, agentService(client, "test").operations);
      const result = await new Validator().validate(JSON.parse(JSON.stringify(document)) as Record<string, unknown>);
      assert.deepEqual(result.errors ?? [], []);
      assert.equal(Object.values(document.paths).flatMap((path) => Object.keys(path)).length, Object.keys(contract.routes).length);
    } finally {
      client.close();
    }
  });

  it("gives the container an environment that the process accepts", () => {
    const env = workload.env({ region: "eu-west-1", etcd });
    const names: readonly string[] = Object.values(contract.env).map(({ name }) => name);
    assert.deepEqual(Object.keys(env).filter((name) => !names.includes(name)), [], "nothing that the contract does not name");
    const config = readConfig(contract.env, env);
    assert.deepEqual(config.etcdEndpoints, etcd.endpoints);
    assert.deepEqual([config.region, config.port, config.adminPort, config.logLevel], ["eu-west-1", contract.ports.api, contract.ports.admin, "info"]);
  });

  it("does not declare a container without the etcd it needs", () => {
    assert.deepEqual(workload.needs, ["etcd"]);
    assert.throws(() => workload.env({ region: "local" }), /'etcd' was not provided to the agent service/);
  });

  it("has defaults that listen where the contract says", () => {
    assert.deepEqual([contract.env.port.default, contract.env.adminPort.default], [String(contract.ports.api), String(contract.ports.admin)]);
  });
});
