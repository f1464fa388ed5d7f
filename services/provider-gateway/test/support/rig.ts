import { join } from "node:path";
import { Agent, fetch } from "undici";
import type { Headers } from "undici";
import type { ProblemDocument, RunningService } from "../../../kit/src";
import { createPostgres, migrate } from "../../../kit/src/postgres";
import type { Postgres, PostgresSettings } from "../../../kit/src/postgres";
import { createRedis } from "../../../kit/src/redis";
import type { RedisSettings } from "../../../kit/src/redis";
import { quietTelemetry, serveTest, testContext } from "../../../kit/test/support/context";
import { capturingLogger } from "../../../kit/test/support/capturing-logger";
import { NO_POSTGRES, findPostgres, startPostgres } from "../../../kit/test/support/postgres-server";
import type { PostgresServer } from "../../../kit/test/support/postgres-server";
import { NO_REDIS, findRedis, startRedis } from "../../../kit/test/support/redis-server";
import type { RedisServer } from "../../../kit/test/support/redis-server";
import { contract } from "../../contract";
import { createProviderGateway } from "../../src/service";

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  // The tests look at what is really sent, whatever its type says.
  readonly body: ProblemDocument & Readonly<Record<string, unknown>>;
}

export interface Gateway {
  readonly service: RunningService;
  readonly postgres: Postgres;
  readonly url: string;
  readonly send: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answered>;
  readonly log: () => string;
  readonly metrics: () => Promise<string>;
  readonly stop: () => Promise<void>;
}

export interface Rig {
  readonly postgres: PostgresServer;
  readonly redis: RedisServer;
  /** Starts the service with these providers and tenants. */
  readonly gateway: (providers: readonly object[], tenants?: object) => Promise<Gateway>;
  readonly stop: () => Promise<void>;
}

/** No connection is kept, so that stopping a service waits for none. */
const oneRequest = new Agent({ pipelining: 0 });

/** Real PostgreSQL and Redis with the service's schema in place. Undefined, with the reason printed, where one is missing. */
export async function startRig(): Promise<Rig | undefined> {
  const postgresBinaries = findPostgres();
  const redisBinary = findRedis();
  if (postgresBinaries === undefined || redisBinary === undefined) {
    console.log(`      ${postgresBinaries === undefined ? NO_POSTGRES : NO_REDIS}`);
    return undefined;
  }
  const postgres = await startPostgres(postgresBinaries);
  const redis = await startRedis(redisBinary);
  const settings = await postgres.addService(contract.name);
  const redisSettings = await redis.addService(contract.name);
  await migrated(settings);
  const started: Gateway[] = [];
  return {
    postgres, redis,
    gateway: async (providers, tenants = {}) => {
      const gateway = await startGateway(settings, redisSettings, providers, tenants);
      started.push(gateway);
      return gateway;
    },
    stop: async () => {
      await Promise.all(started.map((gateway) => gateway.stop()));
      await postgres.stop();
      await redis.stop();
    },
  };
}

async function startGateway(settings: PostgresSettings, redisSettings: RedisSettings, providers: readonly object[], tenants: object): Promise<Gateway> {
  const { logger, text } = capturingLogger();
  const telemetry = quietTelemetry(contract, logger);
  const postgres = createPostgres({ settings, telemetry, logger, applicationName: contract.name });
  const redis = createRedis({ settings: redisSettings, telemetry, logger, clientName: contract.name });
  while ((await redis.check(AbortSignal.timeout(1_000)).catch(() => "not yet")) !== undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  const context = testContext(contract, {
    handles: { postgres, redis }, telemetry, logger,
    settings: { providers: JSON.stringify(providers), tenantLimits: JSON.stringify(tenants) },
  });
  const service = await serveTest(context, createProviderGateway, {
    close: async () => {
      await postgres.end();
      await redis.end();
    },
  });
  const url = `http://127.0.0.1:${service.port}`;
  return {
    service, postgres, url,
    send: async (method, path, body, headers = {}) => {
      const withBody = body === undefined ? { headers } : { body: JSON.stringify(body), headers: { "content-type": "application/json", ...headers } };
      const response = await fetch(`${url}${path}`, { method, ...withBody, dispatcher: oneRequest });
      return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) as Answered["body"] };
    },
    log: text,
    metrics: () => telemetry.prometheus(),
    stop: () => service.stop(),
  };
}

async function migrated(settings: PostgresSettings): Promise<void> {
  const { logger } = capturingLogger();
  const telemetry = quietTelemetry(contract, logger);
  const postgres = createPostgres({ settings, telemetry, logger, applicationName: "migrations" });
  await migrate({ postgres, directory: join(__dirname, "..", "..", "migrations"), logger });
  await postgres.end();
  await telemetry.shutdown();
}
