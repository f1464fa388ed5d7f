import { join } from "node:path";
import type { ProblemDocument, RunningService, Telemetry } from "../../../kit/src";
import { createPostgres, migrate } from "../../../kit/src/postgres";
import type { Postgres, PostgresSettings } from "../../../kit/src/postgres";
import { createRedis } from "../../../kit/src/redis";
import type { Redis } from "../../../kit/src/redis";
import { quietTelemetry, serveTest, silentLogger, testContext } from "../../../kit/test/support/context";
import { NO_POSTGRES, findPostgres, startPostgres } from "../../../kit/test/support/postgres-server";
import type { PostgresServer } from "../../../kit/test/support/postgres-server";
import { NO_REDIS, findRedis, startRedis } from "../../../kit/test/support/redis-server";
import type { RedisServer } from "../../../kit/test/support/redis-server";
import { contract } from "../../contract";
import { createMemoryService } from "../../src/service";

export const DIMENSION = 4;
const logger = silentLogger(contract);

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  // The tests look at what is really sent, whatever its type says.
  readonly body: ProblemDocument & Readonly<Record<string, unknown>>;
}

/** One replica of the service. */
export interface Replica {
  readonly service: RunningService;
  readonly postgres: Postgres;
  readonly redis: Redis;
  readonly telemetry: Telemetry;
  readonly send: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answered>;
}

export interface Rig {
  readonly postgres: PostgresServer;
  readonly redis: RedisServer;
  readonly settings: PostgresSettings;
  readonly replica: (dimension?: number) => Promise<Replica>;
  readonly stop: () => Promise<void>;
}

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
  await postgres.admin("create extension vector schema public");
  const settings = await postgres.addService(contract.name);
  const redisSettings = await redis.addService(contract.name);
  const stopping: (() => Promise<void>)[] = [];
  const rig: Rig = {
    postgres, redis, settings,
    replica: async (dimension = DIMENSION) => {
      const telemetry = quietTelemetry(contract);
      const own = createPostgres({ settings, telemetry, logger, applicationName: contract.name });
      const ownRedis = createRedis({ settings: redisSettings, telemetry, logger, clientName: contract.name });
      const context = testContext(contract, { handles: { postgres: own, redis: ownRedis }, telemetry, settings: { embeddingDimension: dimension } });
      const service = await serveTest(context, createMemoryService, {
        close: async () => {
          await own.end();
          await ownRedis.end();
        },
      });
      stopping.push(() => service.stop());
      const send: Replica["send"] = (method, path, body, headers) => request(service.port, method, path, body, headers);
      return { service, postgres: own, redis: ownRedis, telemetry, send };
    },
    stop: async () => {
      await Promise.all(stopping.map((stop) => stop()));
      await postgres.stop();
      await redis.stop();
    },
  };
  const telemetry = quietTelemetry(contract);
  const migrating = createPostgres({ settings, telemetry, logger, applicationName: "migrations" });
  await migrate({ postgres: migrating, directory: join(__dirname, "..", "..", "migrations"), logger });
  await migrating.end();
  await telemetry.shutdown();
  return rig;
}

async function request(port: number, method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answered> {
  const withBody = body === undefined ? { headers } : { body: JSON.stringify(body), headers: { "content-type": "application/json", ...headers } };
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/memory${path}`, { method, ...withBody });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: (text === "" ? undefined : JSON.parse(text)) as Answered["body"] };
}
