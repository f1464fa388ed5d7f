import type { FastifyInstance } from "fastify";
import type { ServiceContract } from "../contract";
import type { Readiness } from "./health";
import type { Logger } from "./logger";
import type { OpenApiDocument } from "./openapi";
import { problem } from "./problem";
import { bareServer } from "./server";
import { PROMETHEUS_MEDIA_TYPE } from "./telemetry";
import type { Telemetry } from "./telemetry";

const ADMIN_LIMITS = { requestBodyBytes: 1024, requestTimeoutMs: 10_000 } as const;

export interface AdminArgs {
  readonly contract: ServiceContract;
  readonly region: string;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly readiness: Readiness;
  readonly openapi: OpenApiDocument;
}

/** Health, metrics, version and API description, on a port of their own that the edge cannot reach. */
export function buildAdminServer(args: AdminArgs): FastifyInstance {
  const { contract, telemetry, readiness } = args;
  const app = bareServer(args.logger, ADMIN_LIMITS);
  app.get(contract.health.liveness, () => ({ live: true }));
  app.get(contract.health.readiness, async () => {
    const report = await readiness.report();
    if (!report.ready) throw problem("unavailable", report.reason ?? "not ready", { extensions: { checks: report.checks } });
    return report;
  });
  app.get(contract.health.metrics, async (_request, reply) => {
    const text = await telemetry.prometheus();
    return reply.header("content-type", PROMETHEUS_MEDIA_TYPE).send(text);
  });
  app.get(contract.health.version, () => ({
    service: contract.name,
    version: contract.version,
    region: args.region,
    node: process.version,
  }));
  app.get(contract.health.openapi, () => args.openapi);
  return app;
}
