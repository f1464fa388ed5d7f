import type { FastifyInstance } from "fastify";
import { setTimeout as sleep } from "node:timers/promises";
import type { ServiceContract } from "../contract";
import { buildAdminServer } from "./admin";
import { Connections } from "./connections";
import { Readiness } from "./health";
import type { Dependency } from "./health";
import type { Logger } from "./logger";
import { describeApi } from "./openapi";
import type { Operations } from "./operation";
import { LocalRateLimiter } from "./rate-limit";
import type { Guards } from "./routes";
import { buildServer } from "./server";
import { HttpMetrics } from "./telemetry";
import type { Telemetry } from "./telemetry";

export interface RunArgs {
  readonly contract: ServiceContract;
  readonly operations: Operations;
  /** What readiness reflects. */
  readonly dependencies: readonly Dependency[];
  readonly region: string;
  readonly logger: Logger;
  /** Not shut down here: what is closed after the last request may still want to tell something. */
  readonly telemetry: Telemetry;
  /** @default limits of this process alone, and no idempotency keys */
  readonly guards?: Guards;
  /** 0: any free one. */
  readonly port: number;
  readonly adminPort: number;
  /** @default "0.0.0.0", every IPv4 interface */
  readonly host?: string;
  /** Lets go of what the service stands on, after the last request. */
  readonly close?: () => Promise<void> | void;
}

export interface RunningService {
  readonly port: number;
  readonly adminPort: number;
  readonly readiness: Readiness;
  /** Ends without dropping a request; calling it again returns the same promise. */
  readonly stop: () => Promise<void>;
}

/** Starts both servers of a service. Rejects, with nothing left running, when a port is taken. */
export async function runService(args: RunArgs): Promise<RunningService> {
  const { contract, region, logger, operations, telemetry } = args;
  const metrics = new HttpMetrics(telemetry.meter);
  const readiness = new Readiness();
  for (const dependency of args.dependencies) readiness.register(dependency);
  const guards = args.guards ?? { limiter: new LocalRateLimiter(), idempotency: undefined };
  const api = buildServer({ contract, operations, logger, telemetry, metrics, readiness, guards });
  const openapi = describeApi(contract);
  const admin = buildAdminServer({ contract, region, logger, telemetry, readiness, openapi });
  const connections = new Connections(api.server);
  const host = args.host ?? "0.0.0.0";
  try {
    const adminPort = await listen(admin, "adminPort", args.adminPort, host);
    const port = await listen(api, "port", args.port, host);
    readiness.started();
    logger.info({ port, adminPort }, "serving");
    let stopping: Promise<void> | undefined;
    const stop = (): Promise<void> => (stopping ??= drain({ args, api, admin, connections, readiness }));
    return { port, adminPort, readiness, stop };
  } catch (error) {
    await Promise.allSettled([api.close(), admin.close()]);
    throw error;
  }
}

interface Running {
  readonly args: RunArgs;
  readonly api: FastifyInstance;
  readonly admin: FastifyInstance;
  readonly connections: Connections;
  readonly readiness: Readiness;
}

/**
 * The order that loses nothing: readiness fails while everything is still served, so that balancers look away; then
 * no new connection is taken and the open ones run out; the admin server answers probes until the end.
 */
async function drain({ args, api, admin, connections, readiness }: Running): Promise<void> {
  const { contract, logger } = args;
  const { drainDelayMs, inFlightDeadlineMs } = contract.shutdown;
  readiness.drain();
  logger.info({ drainDelayMs, inFlightDeadlineMs }, "draining");
  await sleep(drainDelayMs);
  connections.stopAccepting();
  const cutOff = await connections.finish(inFlightDeadlineMs);
  if (cutOff > 0) logger.error({ cutOff, inFlightDeadlineMs }, "requests overran the shutdown deadline and were cut off");
  await api.close();
  await args.close?.();
  admin.server.closeAllConnections();
  await admin.close();
  logger.info("stopped");
}

async function listen(app: FastifyInstance, property: string, port: number, host: string): Promise<number> {
  await app.ready();
  const { server } = app;
  await new Promise<void>((resolve, reject) => {
    const onError = (error: Error): void => {
      const taken = Reflect.get(error, "code") === "EADDRINUSE";
      const text = taken ? "is in use by another process; choose another port or end that process" : `cannot be listened on: ${error.message}`;
      reject(new Error(`'${property}' (${port}) ${text}`, { cause: error }));
    };
    server.once("error", onError);
    server.listen({ port, host }, () => {
      server.off("error", onError);
      resolve();
    });
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error(`'${property}' (${port}) has no address after listening`);
  return address.port;
}
