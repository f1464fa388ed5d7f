import type { Pool, PoolClient, QueryResultRow } from "pg";
import { CutShort, within } from "../within";
import { PostgresError, translate } from "./errors";
import { CONNECT_TIMEOUT_MS } from "./settings";

export interface Rows<R> {
  readonly rows: R[];
  /** Rows that were read or changed. */
  readonly count: number;
}

export interface Limits {
  readonly signal: AbortSignal | undefined;
  /** From the call to its end, waiting for a connection included. */
  readonly deadlineMs: number;
}

/**
 * Lends a connection of the pool to `work`. It goes back when all is well with it, and is closed when it may still be
 * busy with something that was given up.
 *
 * @throws CutShort when time is up or the caller gave up; else whatever `work` throws.
 */
export async function withConnection<T>(pool: Pool, limits: Limits, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const until = performance.now() + limits.deadlineMs;
  const client = await connect(pool, limits);
  let broken = true;
  try {
    const result = await within(Math.max(0, until - performance.now()), limits.signal, () => work(client));
    broken = false;
    return result;
  } catch (error) {
    broken = error instanceof CutShort || (error instanceof PostgresError && error.code === "unavailable");
    throw error;
  } finally {
    client.release(broken);
  }
}

async function connect(pool: Pool, { deadlineMs, signal }: Limits): Promise<PoolClient> {
  const connecting = pool.connect();
  try {
    return await within(Math.min(CONNECT_TIMEOUT_MS, deadlineMs), signal, () => connecting);
  } catch (error) {
    // It may still come when nobody waits for it any more.
    connecting.then((client) => client.release(), () => undefined);
    throw error instanceof CutShort && error.cut === "deadline"
      ? new PostgresError("unavailable", `no connection to PostgreSQL within ${Math.min(CONNECT_TIMEOUT_MS, deadlineMs)} ms`, { cause: error })
      : translate(error, "connect");
  }
}

/** @param phase what a lost answer leaves open, see `translate` */
export async function ask<R extends QueryResultRow>(
  client: PoolClient,
  phase: "read" | "write",
  text: string,
  values: readonly unknown[] = [],
): Promise<Rows<R>> {
  try {
    // Without values the text may hold several statements, as a migration does.
    const { rows, rowCount } = values.length === 0 ? await client.query<R>(text) : await client.query<R>(text, [...values]);
    return { rows, count: rowCount ?? 0 };
  } catch (error) {
    throw translate(error, phase);
  }
}
