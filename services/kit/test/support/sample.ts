import { connect } from "node:net";
import { Type } from "typebox";
import { HEALTH_PATHS, SERVICE_OBJECTIVE, defineContract } from "../../contract";
import type { ServiceContract } from "../../contract";
import { createTelemetry, runService } from "../../src";
import type { Dependency, OperationsOf, RunningService } from "../../src";
import type { Telemetry, TelemetryArgs } from "../../src/telemetry";
import { capturingLogger } from "./capturing-logger";

const closed = { additionalProperties: false } as const;
export const ThingBody = Type.Object({ name: Type.String({ minLength: 2 }), size: Type.Integer({ minimum: 0 }), tags: Type.Optional(Type.Array(Type.String())) }, closed);

/** A service with one of everything that the kit does for services. */
export const sample = defineContract({
  name: "sample",
  version: "1.2.3",
  summary: "Exists for the kit's own tests",
  ports: { api: 8080, admin: 8081 },
  prefixes: ["/api/v1/things"],
  routes: {
    putThing: {
      method: "PUT",
      path: "/api/v1/things/{id}",
      summary: "Store",
      status: "available",
      schema: { params: Type.Object({ id: Type.String({ pattern: "^[a-z]+$" }) }, closed), body: ThingBody, responses: { 200: { description: "Stored", body: ThingBody } } },
    },
    listThings: {
      method: "GET",
      path: "/api/v1/things",
      summary: "List",
      status: "available",
      schema: {
        query: Type.Object({ limit: Type.Integer({ minimum: 1, maximum: 10, default: 5 }) }, { ...closed, required: [] }),
        responses: { 200: { description: "All", body: Type.Object({ limit: Type.Integer() }) } },
      },
    },
    moveThing: { method: "POST", path: "/api/v1/things/{id}/move", summary: "Not built", status: "planned" },
  },
  health: HEALTH_PATHS,
  limits: { requestBodyBytes: 1_000, requestTimeoutMs: 400, connections: 60 },
  shutdown: { drainDelayMs: 300, inFlightDeadlineMs: 2_000 },
  needs: [],
  stores: [],
  topics: { publishes: [], consumes: [] },
  env: {},
  calls: [],
  slo: SERVICE_OBJECTIVE,
});

export type Work = (signal: AbortSignal) => Promise<void>;

/** `work` runs inside each operation, so that a test decides how long it takes and how it fails. */
export function sampleOperations(work: Work = () => Promise.resolve()): OperationsOf<typeof sample> {
  return {
    putThing: async ({ body, signal }) => {
      await work(signal);
      return { status: 200, body };
    },
    listThings: async ({ query, signal }) => {
      await work(signal);
      return { status: 200, body: { limit: query.limit } };
    },
  };
}

export interface RunningSample extends RunningService {
  readonly url: string;
  readonly adminUrl: string;
  readonly lines: () => Record<string, unknown>[];
  readonly telemetry: Telemetry;
}

export interface SampleArgs {
  readonly work?: Work;
  readonly dependencies?: readonly Dependency[];
  readonly limits?: Partial<ServiceContract["limits"]>;
  readonly shutdown?: Partial<ServiceContract["shutdown"]>;
  readonly port?: number;
  readonly telemetry?: Partial<TelemetryArgs>;
}

export async function startSample(args: SampleArgs = {}): Promise<RunningSample> {
  const { logger, lines } = capturingLogger();
  const telemetry = createTelemetry({ service: sample.name, version: sample.version, region: "test", instance: "sample-0", logger, ...args.telemetry });
  const service = await runService({
    contract: { ...sample, limits: { ...sample.limits, ...args.limits }, shutdown: { ...sample.shutdown, ...args.shutdown } },
    operations: sampleOperations(args.work),
    dependencies: args.dependencies ?? [],
    region: "test",
    logger,
    telemetry,
    close: () => telemetry.shutdown(),
    port: args.port ?? 0,
    adminPort: 0,
    host: "127.0.0.1",
  }).catch(async (error: unknown) => {
    await telemetry.shutdown();
    throw error;
  });
  return { ...service, url: `http://127.0.0.1:${service.port}`, adminUrl: `http://127.0.0.1:${service.adminPort}`, lines, telemetry };
}

/** Sends bytes as they are and returns all that came back until the server closed the connection. */
export function sendRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    let answer = "";
    socket.on("data", (chunk) => (answer += chunk.toString()));
    socket.on("error", reject);
    socket.on("close", () => resolve(answer));
  });
}
