import assert from "node:assert/strict";
import { RECORDED, AVAILABILITY, LATENCY } from "../../../components/observability/rules";
import { SERVICE_METRICS } from "../../../components/observability/metric-names";
import { audienceOf } from "../../kit/contract";
import { TRACES_IN, contract } from "../contract";
import { PLANNED_REQUESTS, SERIES } from "../src/series";

describe("monitoring contract", () => {
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
});
