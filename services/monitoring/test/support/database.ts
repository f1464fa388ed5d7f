import { join } from "node:path";
import type { Telemetry } from "../../../kit/src";
import { createPostgres, migrate } from "../../../kit/src/postgres";
import type { Postgres } from "../../../kit/src/postgres";
import { quietTelemetry, silentLogger } from "../../../kit/test/support/context";
import { NO_POSTGRES, findPostgres, startPostgres } from "../../../kit/test/support/postgres-server";
import type { PostgresServer } from "../../../kit/test/support/postgres-server";
import { contract } from "../../contract";

export interface Database {
  readonly server: PostgresServer;
  readonly postgres: Postgres;
  readonly telemetry: Telemetry;
  /** Empties every table. */
  readonly clear: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** The service's schema on a real PostgreSQL. Undefined, with the reason printed, where there is none. */
export async function startDatabase(): Promise<Database | undefined> {
  const binaries = findPostgres();
  if (binaries === undefined) {
    console.log(`      ${NO_POSTGRES}`);
    return undefined;
  }
  const server = await startPostgres(binaries);
  const logger = silentLogger(contract);
  const telemetry = quietTelemetry(contract, logger);
  const postgres = createPostgres({ settings: await server.addService(contract.name), telemetry, logger, applicationName: contract.name });
  await migrate({ postgres, directory: join(__dirname, "..", "..", "migrations"), logger });
  return {
    server, postgres, telemetry,
    clear: async () => void (await postgres.query("truncate consumer, event, agent, span restart identity")),
    stop: async () => {
      await postgres.end();
      await telemetry.shutdown();
      await server.stop();
    },
  };
}
