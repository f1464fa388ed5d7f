import type { FastifyInstance } from "fastify";
import assert from "node:assert/strict";
import { HEALTH_PATHS, defineContract, terminationGracePeriodSeconds } from "../contract";
import type { ServiceContract } from "../contract";
import { Readiness } from "../src/health";
import { LocalRateLimiter } from "../src/rate-limit";
import type { Operations } from "../src/operation";
import { buildServer } from "../src/server";
import { HttpMetrics } from "../src/telemetry";
import type { Telemetry } from "../src/telemetry";
import { quietTelemetry, silentLogger } from "./support/context";
import { sample, sampleOperations } from "./support/sample";

describe("contract", () => {
  let telemetry: Telemetry;

  before(() => {
    telemetry = quietTelemetry(sample);
  });
  after(() => telemetry.shutdown());

  function build(contract: ServiceContract, operations: Operations): FastifyInstance {
    return buildServer({ contract, operations, logger: silentLogger(contract), telemetry, metrics: new HttpMetrics(telemetry.meter), readiness: new Readiness(), guards: { limiter: new LocalRateLimiter(), idempotency: undefined } });
  }

  it("refuses to make a server that leaves a published route out", () => {
    const { putThing } = sampleOperations();
    assert.throws(() => build(sample, { putThing }), /'listThings' \(GET \/api\/v1\/things\) is published as available and has no handler/);
  });

  it("refuses to make a server that does more than is published, and names all at once", () => {
    const { putThing, listThings } = sampleOperations();
    assert.throws(() => build(sample, { putThing, extra: listThings, moveThing: putThing }), (error: Error) => {
      assert.match(error.message, /'listThings' .* has no handler/);
      assert.match(error.message, /'extra' has a handler and is not published/);
      assert.match(error.message, /'moveThing' has a handler and is published as planned/);
      return true;
    });
  });

  it("registers every published route, built or not, and nothing else", () => {
    const app = build(sample, sampleOperations());
    for (const { method, path } of Object.values(sample.routes)) {
      assert.ok(app.hasRoute({ method, url: path.replace("{id}", ":id") }), `${method} ${path}`);
    }
    assert.ok(!app.hasRoute({ method: "DELETE", url: "/api/v1/things" }));
  });

  it("lists everything that is wrong with a contract", () => {
    const schema = { responses: { 200: { description: "" } } };
    const wrong: ServiceContract = {
      ...sample,
      name: "Not_A_Label",
      ports: { api: 1, admin: 1 },
      routes: {
        a: { method: "GET", path: "/elsewhere", summary: "", status: "available", schema },
        b: { method: "GET", path: "/api/v1/things/{x}", summary: "", status: "available", schema },
        c: { method: "GET", path: "/api/v1/things/{y}", summary: "", status: "planned" },
      },
      health: HEALTH_PATHS,
      needs: ["etcd"],
      stores: [{ system: "redis", prefix: "things:", holds: "" }],
      env: { v: { name: "V", description: "", kind: "string", required: true, default: "x" } },
      slo: { availability: 1, latencyMs: 0, latencyShare: 0.99 },
    };
    assert.throws(() => defineContract(wrong), (error: Error) => {
      assert.equal(error.message.split("\n").length, 10);
      for (const part of ["'routes.b.path' (/api/v1/things/{x}) has '{x}', which its schema does not describe", "'stores[0].system' (redis)", "'slo.availability' (1)", "'slo.latencyMs' (0)", "'name' (Not_A_Label)", "'ports.admin' (1)", "'routes.a.path' (/elsewhere)", "'routes.c' (GET /api/v1/things/{}) is published twice", "'env.v' (V)"]) {
        assert.ok(error.message.includes(part), part);
      }
      return true;
    });
  });

  it("leaves the platform more time to end than the process may take", () => {
    assert.equal(terminationGracePeriodSeconds({ ...sample, shutdown: { drainDelayMs: 5_000, inFlightDeadlineMs: 12_500 } }), 21);
  });
});
