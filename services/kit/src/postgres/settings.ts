import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { PoolConfig } from "pg";

/** Where a service's database is and how to get in. Files are read at every new connection, so they can be rotated. */
export interface PostgresSettings {
  /** Has to be a name in the server's certificate. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** Role; its schema has the same name. */
  readonly user: string;
  readonly passwordFile: string;
  readonly caFile: string;
}

/** Connections of one process; with 50 replicas of eight services the server's own limit has to come from a pooler. */
export const MAX_CONNECTIONS = 10;
export const CONNECT_TIMEOUT_MS = 3_000;
/** Longest time a statement may run in the server. */
export const STATEMENT_TIMEOUT_MS = 5_000;
/** A transaction that does nothing for so long holds locks for nothing. */
const IDLE_IN_TRANSACTION_MS = 10_000;
const IDLE_CONNECTION_MS = 60_000;
/** A connection is replaced at this age, so that new credentials and a new primary are taken up. */
const MAX_CONNECTION_AGE_S = 15 * 60;

export function poolConfig(settings: PostgresSettings, applicationName: string): PoolConfig {
  const { host, port, database, user, passwordFile, caFile } = settings;
  const ssl = {
    rejectUnauthorized: true,
    // The name to verify, because the driver opens the socket itself.
    host,
    get ca() {
      return readFileSync(caFile, "utf8");
    },
  };
  return {
    host, port, database, user, ssl,
    password: async () => (await readFile(passwordFile, "utf8")).trim(),
    application_name: applicationName,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_CONNECTION_MS,
    maxLifetimeSeconds: MAX_CONNECTION_AGE_S,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    keepAlive: true,
  };
}
