import { problem } from "../../kit/src";
import type { Postgres } from "../../kit/src/postgres";

/** Columns whose dimension and index this service sets when it first meets its database. */
const COLUMNS = [
  { table: "item", index: "item_embedding" },
  { table: "experience", index: "experience_embedding" },
] as const;

/** PostgreSQL's mark for a `vector` column without a dimension. */
const UNSET = -1;

/**
 * The space that all embeddings of this database lie in. Its dimension is set once, with the first start; another one
 * later is an error, because vectors of two dimensions cannot be compared.
 */
export class VectorSpace {
  readonly dimension: number;
  readonly #postgres: Postgres;
  #fits = false;

  constructor(postgres: Postgres, dimension: number) {
    this.#postgres = postgres;
    this.dimension = dimension;
  }

  /** Asks the database at its first success only. @throws Problem 503 while it holds another dimension; PostgresError. */
  async check(signal?: AbortSignal): Promise<void> {
    if (this.#fits) return;
    const found = await this.#dimensions(signal);
    if (found.every((dimension) => dimension === UNSET)) await this.#set(signal);
    else this.#assertSame(found);
    this.#fits = true;
  }

  async #dimensions(signal: AbortSignal | undefined): Promise<number[]> {
    const { rows } = await this.#postgres.query<{ dimension: number }>(
      "select atttypmod as dimension from pg_attribute where attrelid = any($1::regclass[]) and attname = 'embedding'",
      [COLUMNS.map(({ table }) => table)],
      { signal },
    );
    return rows.map(({ dimension }) => dimension);
  }

  #assertSame(found: readonly number[]): void {
    if (found.every((dimension) => dimension === this.dimension)) return;
    throw problem(
      "unavailable",
      `'MEMORY_EMBEDDING_DIMENSION' (${this.dimension}) must be ${found[0]}, the dimension of the embeddings in the database; ` +
        "set it to that, or give the service an empty schema",
    );
  }

  async #set(signal: AbortSignal | undefined): Promise<void> {
    await this.#postgres.transaction(
      async ({ query }) => {
        // Replicas that start together: one sets it, the others find it set.
        await query("select pg_advisory_xact_lock(hashtextextended('memory embedding dimension', 0))");
        const { rows } = await query<{ dimension: number }>("select atttypmod as dimension from pg_attribute where attrelid = 'item'::regclass and attname = 'embedding'");
        const now = rows.map(({ dimension }) => dimension);
        if (!now.every((dimension) => dimension === UNSET)) return this.#assertSame(now);
        for (const { table, index } of COLUMNS) {
          // A dimension is part of a type and cannot be a parameter; it is a whole number, checked at the start.
          await query(`alter table ${table} alter column embedding type vector(${this.dimension})`);
          await query(`create index ${index} on ${table} using hnsw (embedding vector_cosine_ops)`);
        }
      },
      { signal },
    );
  }
}
