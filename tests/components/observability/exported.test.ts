import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { OWN_METRICS, SERVICE_METRICS } from "../../../components/observability/metric-names";
import { DURATION_BOUNDS_MS } from "../../../components/observability/observed";
import { createLogger } from "../../../services/kit/src/logger";
import { createTelemetry, HttpMetrics } from "../../../services/kit/src/telemetry";
import { repository } from "../../support/cli";
import type { Telemetry } from "../../../services/kit/src/telemetry";
import { DURATION_BUCKETS_S } from "../../../services/kit/src/telemetry/telemetry";

describe("what rules and dashboards read of a service", () => {
  let telemetry: Telemetry;

  before(() => {
    const logger = createLogger({ service: "sample", version: "0.0.0", region: "local", level: "fatal" });
    telemetry = createTelemetry({ service: "sample", version: "0.0.0", region: "local", instance: "replica", logger });
  });
  after(() => telemetry.shutdown());

  it("is what the kit exports", async () => {
    const http = new HttpMetrics(telemetry.meter);
    http.requestStarted();
    http.requestFinished({ method: "GET", route: "/", status: 200, durationMs: 5 });
    http.plannedRequested("later");
    telemetry.meter.createHistogram("http.client.request.duration", { unit: "s" }).record(0.01, { "peer.service": "agent" });
    const text = await telemetry.prometheus();
    const names = new Set([...text.matchAll(/^([a-z_:][\w:]*)\{/gm)].map((match) => match[1]));
    assert.deepEqual(SERVICE_METRICS.filter((name) => !names.has(name)), []);
    const count = text.split("\n").find((line) => line.startsWith("http_server_request_duration_seconds_count")) ?? "";
    for (const label of ["http_request_method", "http_route", "http_response_status_code"]) assert.ok(count.includes(`${label}="`), count);
  });

  it("is counted by some service, where it is a service's own", () => {
    const files = globSync("services/*/src/**/*.ts", { cwd: repository });
    const sources = files.map((file) => readFileSync(join(repository, file), "utf8")).join("\n");
    const instruments = new Set([...sources.matchAll(/\.create\w+\("([\w.]+)"/g)].map((match) => (match[1] ?? "").replaceAll(".", "_")));
    assert.deepEqual(OWN_METRICS.filter((name) => !instruments.has(name.replace(/_total$/, ""))), []);
  });

  it("has the buckets that a promise can be measured by", () => {
    assert.deepEqual(DURATION_BUCKETS_S.map((seconds) => seconds * 1_000), [...DURATION_BOUNDS_MS]);
  });
});
