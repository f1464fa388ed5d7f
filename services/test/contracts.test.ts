import { Validator } from "@seriousme/openapi-schema-validator";
import assert from "node:assert/strict";
import { services } from "..";
import { environmentOf, variablesOf } from "../kit/environment";
import type { AccessOf } from "../kit/environment";
import { describeApi } from "../kit/src/openapi";
import { readServiceConfig } from "../kit/src/service-config";

/** Something to hand to each need; files have to exist. */
function accessFor(user: string): AccessOf {
  const file = __filename;
  return {
    etcd: { endpoints: ["https://etcd-0.etcd:2379", "https://etcd-1.etcd:2379"], caFile: file, certFile: file, keyFile: file },
    postgres: { host: "postgres", port: 5432, database: "agentic_flow", user, passwordFile: file, caFile: file },
    redis: { host: "redis", port: 6379, user, passwordFile: file, caFile: file },
    restate: { ingressUrl: "http://restate:8080", adminUrl: "http://restate:9070" },
    prometheus: { url: "http://prometheus:9090" },
  };
}

/** What holds for the contract of every service; what is special to one is in its own folder. */
for (const { contract } of services) {
  describe(`contract of ${contract.name}`, () => {
    it("is described by a valid OpenAPI document with all its routes", async () => {
      const document = describeApi(contract);
      const result = await new Validator().validate(JSON.parse(JSON.stringify(document)) as Record<string, unknown>);
      assert.deepEqual(result.errors ?? [], []);
      assert.equal(Object.values(document.paths).flatMap((path) => Object.keys(path)).length, Object.keys(contract.routes).length);
    });

    it("gives the container an environment that the process accepts, its own settings by their defaults", () => {
      const access = accessFor(contract.name);
      const called = Object.fromEntries(contract.calls.map((name) => [name, `http://${name}.test:8080`]));
      const env = environmentOf(contract, { region: "eu-west-1", logLevel: "warn", access, services: called });
      const config = readServiceConfig(contract, env);
      assert.deepEqual(config.access, Object.fromEntries(contract.needs.map((need) => [need, access[need]])));
      assert.deepEqual(config.services, called);
      assert.deepEqual([config.region, config.logLevel, config.port, config.adminPort], ["eu-west-1", "warn", contract.ports.api, contract.ports.admin]);
      const known = variablesOf(contract);
      assert.deepEqual(Object.keys(env).filter((name) => known[name] === undefined), [], "variables that nobody reads");
    });
  });
}
