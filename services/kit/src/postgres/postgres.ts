import { Pool } from "pg";
import type { QueryResultRow } from "pg";
import type { Logger } from "../logger";
import { StoreCalls } from "../telemetry/store-calls";
import type { Telemetry } from "../telemetry";
import { CutShort } from "../within";
import { ask, withConnection } from "./connection";
import type { Limits, Rows } from "./connection";
import { translate } from "./errors";
import { STATEMENT_TIMEOUT_MS, poolConfig } from "./settings";
import type { PostgresSettings } from "./settings";

/** Time beyond the server's own limit that an answer may take; then the connection is given up. */
const ANSWER_RESERVE_MS = 1_000;
const DEFAULT_DEADLINE_MS = STATEMENT_TIMEOUT_MS + ANSWER_RESERVE_MS;
/** First words of statements that become labels; any other is `OTHER`. */
const OPERATIONS = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "MERGE"] as const;

export interface QueryOptions {
  readonly signal?: AbortSignal | undefined;
  /** From the call to its answer, waiting for a connection included. @default 6000 */
  readonly deadlineMs?: number;
}

/** Runs statements. Values go into `$1`, `$2`, ... and never into the text. Throws PostgresError. */
export type Query = <R extends QueryResultRow = QueryResultRow>(text: string, values?: readonly unknown[]) => Promise<Rows<R>>;

export interface Transaction {
  readonly query: Query;
}

export interface TransactionOptions extends QueryOptions {
  /** @default "read committed" */
  readonly isolation?: "read committed" | "repeatable read" | "serializable";
}

/** A service's own schema in PostgreSQL; what goes wrong is a PostgresError. */
export interface Postgres {
  readonly settings: PostgresSettings;
  query<R extends QueryResultRow = QueryResultRow>(text: string, values?: readonly unknown[], options?: QueryOptions): Promise<Rows<R>>;
  /** All statements of `work` are kept, or none. What `work` throws undoes them and is thrown on. */
  transaction<T>(work: (transaction: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Throws while no statement can be run. */
  check(signal: AbortSignal): Promise<void>;
  end(): Promise<void>;
}

export interface PostgresArgs {
  readonly settings: PostgresSettings;
  readonly telemetry: Telemetry;
  readonly logger: Logger;
  /** What the server shows for our connections. */
  readonly applicationName: string;
}

/** Opens no connection until the first is needed, so that a service starts without its database too. */
export function createPostgres(args: PostgresArgs): Postgres {
  return new PooledPostgres(args);
}

class PooledPostgres implements Postgres {
  readonly settings: PostgresSettings;
  readonly #pool: Pool;
  readonly #calls: StoreCalls;

  constructor({ settings, telemetry, logger, applicationName }: PostgresArgs) {
    this.settings = settings;
    const pool = new Pool(poolConfig(settings, applicationName));
    // An idle connection that breaks is reported here and nowhere else; without a listener it would end the process.
    pool.on("error", (err) => logger.warn({ err }, "an idle PostgreSQL connection broke; the next call opens another"));
    // The same for one that breaks after it was lent out and given up.
    pool.on("connect", (client) => void client.on("error", () => undefined));
    telemetry.meter
      .createObservableGauge("db.client.connections", { description: "Connections to PostgreSQL, and calls that wait for one" })
      .addCallback((result) => {
        result.observe(pool.totalCount - pool.idleCount, { state: "used" });
        result.observe(pool.idleCount, { state: "idle" });
        result.observe(pool.waitingCount, { state: "waiting" });
      });
    const { database, user, host, port } = settings;
    this.#pool = pool;
    this.#calls = new StoreCalls({
      telemetry,
      system: "postgresql",
      attributes: { "db.namespace": `${database}|${user}`, "server.address": host, "server.port": port },
    });
  }

  async query<R extends QueryResultRow>(text: string, values: readonly unknown[] = [], options: QueryOptions = {}): Promise<Rows<R>> {
    const operation = operationOf(text);
    const phase = operation === "SELECT" ? "read" : "write";
    return this.#calls.run(operation, { "db.query.text": text }, async () => {
      try {
        return await withConnection(this.#pool, limitsOf(options), (client) => ask<R>(client, phase, text, values));
      } catch (error) {
        throw error instanceof CutShort ? translate(error, phase) : error;
      }
    });
  }

  async transaction<T>(work: (transaction: Transaction) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    // Until the commit is on its way, nothing can have been changed.
    let phase: "read" | "write" = "read";
    const run = (): Promise<T> =>
      withConnection(this.#pool, limitsOf(options), async (client) => {
        const query: Query = (text, values) => this.#calls.run(operationOf(text), { "db.query.text": text }, () => ask(client, "read", text, values));
        await ask(client, "read", `begin isolation level ${options.isolation ?? "read committed"}`);
        try {
          const result = await work({ query });
          phase = "write";
          await ask(client, "write", "commit");
          return result;
        } catch (error) {
          // When this fails too, the connection is closed, which undoes as well.
          if (phase === "read") await ask(client, "read", "rollback");
          throw error;
        }
      });
    return this.#calls.run("TRANSACTION", {}, async () => {
      try {
        return await run();
      } catch (error) {
        throw error instanceof CutShort ? translate(error, phase) : error;
      }
    });
  }

  async check(signal: AbortSignal): Promise<void> {
    await this.query("select 1", [], { signal });
  }

  end(): Promise<void> {
    return this.#pool.end();
  }
}

function limitsOf(options: QueryOptions): Limits {
  return { signal: options.signal, deadlineMs: options.deadlineMs ?? DEFAULT_DEADLINE_MS };
}

function operationOf(text: string): string {
  const word = /^\s*(?:--.*\n\s*)*([a-z]+)/i.exec(text)?.[1]?.toUpperCase();
  return OPERATIONS.find((operation) => operation === word) ?? "OTHER";
}
