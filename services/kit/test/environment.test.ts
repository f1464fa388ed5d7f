import assert from "node:assert/strict";
import { defineContract } from "../contract";
import type { ServiceContract } from "../contract";
import { environmentOf, variablesOf } from "../environment";
import type { AccessOf, Provided } from "../environment";
import { ConfigError } from "../src/config";
import { readServiceConfig } from "../src/service-config";
import { sample } from "./support/sample";

const everything = defineContract({
  ...sample,
  name: "everything",
  ports: { api: 8080, admin: 8081, handlers: 8082 },
  needs: ["etcd", "postgres", "redis", "restate", "prometheus"],
  calls: ["message-bus"],
  env: { flavour: { name: "FLAVOUR", description: "What it tastes of", kind: "string", required: false, default: "plain" } },
});

const file = __filename;
const access: AccessOf = {
  etcd: { endpoints: ["https://etcd-0:2379", "https://etcd-1:2379"], caFile: file, certFile: file, keyFile: file },
  postgres: { host: "postgres", port: 5432, database: "agentic_flow", user: "everything", passwordFile: file, caFile: file },
  redis: { host: "redis", port: 6379, user: "everything", passwordFile: file, caFile: file },
  restate: { ingressUrl: "http://restate:8080", adminUrl: "http://restate:9070" },
  prometheus: { url: "http://prometheus:9090" },
};
const provided: Provided = {
  region: "eu-west-1",
  logLevel: "warn",
  telemetry: { otlpEndpoint: "http://otel-collector:4318", traceSampleRatio: 0.25 },
  access,
  services: { "message-bus": "http://message-bus:8080" },
  settings: { FLAVOUR: "lemon" },
};

describe("environment of a service", () => {
  it("is what the process reads back, need by need", () => {
    const config = readServiceConfig(everything, environmentOf(everything, provided));
    assert.deepEqual(config.access, access);
    assert.deepEqual(config.services, { "message-bus": "http://message-bus:8080" });
    assert.deepEqual(config.settings, { flavour: "lemon" });
    assert.deepEqual(
      [config.region, config.logLevel, config.port, config.adminPort, config.handlersPort, config.otlpEndpoint, config.traceSampleRatio],
      ["eu-west-1", "warn", 8080, 8081, 8082, "http://otel-collector:4318", 0.25],
    );
  });

  it("has no variable that the contract does not lead to", () => {
    assert.deepEqual(Object.keys(environmentOf(everything, provided)).sort(), Object.keys(variablesOf(everything)).sort());
  });

  it("does not leave a need, an address or an unknown setting to be found at start: all are named", () => {
    const rest = { ...access, postgres: undefined };
    assert.throws(() => environmentOf(everything, { ...provided, access: rest, services: {}, settings: { COLOUR: "red" } }), (error: Error) => {
      assert.equal(error.message.split("\n").length, 4);
      assert.match(error.message, /'postgres' was not provided/);
      assert.match(error.message, /the address of 'message-bus' was not provided/);
      assert.match(error.message, /setting 'COLOUR' is not one of its own variables \(FLAVOUR\)/);
      return true;
    });
  });

  it("names every variable that a process was not given", () => {
    const mandatory = Object.values(variablesOf(everything)).filter(({ required }) => required).map(({ name }) => name);
    assert.throws(() => readServiceConfig(everything, {}), (error: unknown) => {
      assert.ok(error instanceof ConfigError);
      assert.deepEqual(error.faults.map((fault) => fault.split("'")[1]).sort(), mandatory.sort());
      return true;
    });
  });

  it("refuses numbers, ratios and addresses of another form", () => {
    const contract: ServiceContract = {
      ...sample,
      env: {
        count: { name: "COUNT", description: "", kind: "integer", required: true },
        share: { name: "SHARE", description: "", kind: "ratio", required: true },
        address: { name: "ADDRESS", description: "", kind: "httpUrl", required: true },
      },
    };
    const env = { REGION: "x", COUNT: "-1", SHARE: "1.5", ADDRESS: "ftp://x" };
    assert.throws(() => readServiceConfig(contract, env), (error: Error) => {
      assert.match(error.message, /'COUNT' \(-1\) must be a whole number of at least 0/);
      assert.match(error.message, /'SHARE' \(1.5\) must be a number from 0 to 1/);
      assert.match(error.message, /'ADDRESS' \(ftp:\/\/x\) must be 'http:/);
      return true;
    });
  });
});
