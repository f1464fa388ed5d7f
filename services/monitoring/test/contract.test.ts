import { Validator } from "@seriousme/openapi-schema-validator";
import assert from "node:assert/strict";
import { RECORDED, AVAILABILITY, LATENCY } from "../../../components/observability/rules";
import { SERVICE_METRICS } from "../../../components/observability/metric-names";
import { audienceOf } from "../../kit/contract";
import { environmentOf } from "../../kit/environment";
import { describeApi } from "../../kit/src/openapi";
import { readServiceConfig } from "../../kit/src/service-config";
import { TRACES_IN, contract } from "../contract";
import { PLANNED_REQUESTS, SERIES } from "../src/series";

describe("monitoring contract", () => {
  it("is described by a valid OpenAPI document with all its routes", async () => {
    const document = describeApi(contract);
    const result = await new Validator().validate(JSON.parse(JSON.stringify(document)) as Record<string, unknown>);
    assert.deepEqual(result.errors ?? [], []);
    assert.equal(Object.values(document.paths).flatMap((path) => Object.keys(path)).length, Object.keys(contract.routes).length);
  });

  it("lets the collector alone hand traces over", () => {
    assert.deepEqual(Object.values(contract.routes).filter((route) => audienceOf(route) !== "public").map((route) => [route.path, audienceOf(route)]), [[TRACES_IN, "collector"]]);
  });

  it("asks for series that the region's rules make", () => {
    assert.deepEqual(SERIES, {
      replicas: RECORDED.replicas,
      requests: RECORDED.requests,
      errors: AVAILABILITY.ratio("5m"),
      p50: RECORDED.duration("p50"),
      p99: RECORDED.duration("p99"),
      availabilityLeft: AVAILABILITY.budgetLeft,
      latencyLeft: LATENCY.budgetLeft,
      errorsLastHour: AVAILABILITY.ratio("1h"),
      slowLastHour: LATENCY.ratio("1h"),
    });
    assert.ok(SERVICE_METRICS.includes(PLANNED_REQUESTS));
  });

  it("gives the container an environment that the process accepts", () => {
    const postgres = { host: "postgres", port: 5432, database: "agentic_flow", user: "monitoring", passwordFile: __filename, caFile: __filename };
    const services = { agent: "http://agent.agentic-flow.svc:8080", "message-bus": "http://message-bus.agentic-flow.svc:8080" };
    const env = environmentOf(contract, { region: "eu-west-1", logLevel: "warn", access: { postgres, prometheus: { url: "http://prometheus:9090" } }, services });
    const config = readServiceConfig(contract, env);
    assert.deepEqual([config.access.postgres, config.services, config.settings.criticalJobs], [postgres, services, "agent,edge,etcd,message-bus"]);
  });
});
