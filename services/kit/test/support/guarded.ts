import { Type } from "typebox";
import { HEALTH_PATHS, SERVICE_LIMITS, SERVICE_OBJECTIVE, SERVICE_PORTS, defineContract } from "../../contract";
import { createTelemetry, runService } from "../../src";
import type { Answer, RunningService, Telemetry } from "../../src";
import type { Guards } from "../../src/routes";
import { capturingLogger } from "./capturing-logger";

const closed = { additionalProperties: false } as const;
const Made = Type.Object({ number: Type.Integer() }, closed);
const makeSchema = {
  body: Type.Object({ name: Type.String(), size: Type.Optional(Type.Integer()) }, closed),
  responses: { 201: { description: "Made", body: Made, headers: { location: "where" } } },
} as const;

/** A service whose routes ask for what stands in front of handlers. */
export const guarded = defineContract({
  name: "guarded", version: "1.0.0", summary: "Exists for the kit's own tests",
  ports: SERVICE_PORTS, prefixes: ["/guarded"], health: HEALTH_PATHS, limits: SERVICE_LIMITS,
  shutdown: { drainDelayMs: 0, inFlightDeadlineMs: 1_000 },
  routes: {
    make: { method: "POST", path: "/guarded", summary: "Make", status: "available", idempotency: "key", schema: makeSchema },
    read: {
      method: "GET", path: "/guarded", summary: "Read", status: "available", rateLimit: { perSecond: 0.5, burst: 2 },
      schema: { responses: { 200: { description: "It", body: Made, headers: { etag: "revision" } } } },
    },
  },
  needs: ["etcd"], stores: [], topics: { publishes: [], consumes: [] }, env: {}, calls: [], slo: SERVICE_OBJECTIVE,
});

export interface RunningGuarded extends RunningService {
  readonly url: string;
  readonly telemetry: Telemetry;
}

export async function startGuarded(guards: Guards, make: () => Promise<Answer<typeof makeSchema>>): Promise<RunningGuarded> {
  const { logger } = capturingLogger();
  const telemetry = createTelemetry({ service: guarded.name, version: guarded.version, region: "test", instance: "0", logger });
  const service = await runService({
    contract: guarded,
    operations: { make, read: () => Promise.resolve({ status: 200, headers: { etag: '"7"' }, body: { number: 7 } }) },
    guards, dependencies: [], region: "test", logger, telemetry, port: 0, adminPort: 0, host: "127.0.0.1", close: () => telemetry.shutdown(),
  }).catch(async (error: unknown) => {
    await telemetry.shutdown();
    throw error;
  });
  return { ...service, telemetry, url: `http://127.0.0.1:${service.port}/guarded` };
}
