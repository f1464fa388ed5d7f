import type { Postgres, Query } from "../../kit/src/postgres";
import { CANDIDATES, EF_SEARCH } from "../limits";
import { toVector } from "./embedding";
import { fuse } from "./fusion";
import { HEAD_COLUMNS, LIVE, toHead } from "./item-rows";
import type { HeadRow } from "./item-rows";
import type { Item } from "./item";
import type { VectorSpace } from "./vector-space";

/** What is not given has no part in the search. */
export interface SearchQuery {
  readonly agentId: string | undefined;
  /** All of them have to be there. */
  readonly tags: readonly string[];
  readonly embedding: readonly number[] | undefined;
  /** Words, "phrases", -exclusions and OR. */
  readonly text: string | undefined;
  readonly limit: number;
  /** 0 to 1, see `fuse`. */
  readonly minScore: number;
}

export interface Hit {
  /** Without its embedding: nobody who searches reads it, and it is most of the bytes. */
  readonly item: Omit<Item, "embedding">;
  readonly score: number;
  /** Cosine, -1 to 1; only when both sides have an embedding. */
  readonly similarity: number | undefined;
}

interface Filter {
  readonly clause: string;
  readonly values: readonly unknown[];
}

/** Hybrid search: nearest embeddings and best words, each with an index of its own, fused by their ranks. */
export class Search {
  readonly #postgres: Postgres;
  readonly #space: VectorSpace;

  constructor(postgres: Postgres, space: VectorSpace) {
    this.#postgres = postgres;
    this.#space = space;
  }

  /** Best first. @throws Problem 400 for an embedding that does not fit; PostgresError. */
  async find(wanted: SearchQuery, signal?: AbortSignal): Promise<Hit[]> {
    const vector = wanted.embedding === undefined ? undefined : toVector(wanted.embedding, this.#space.dimension);
    await this.#space.check(signal);
    const filter = filterOf(wanted);
    return this.#postgres.transaction(
      async ({ query }) => {
        const rankings: string[][] = [];
        if (vector !== undefined) rankings.push(await nearest(query, vector, filter));
        if (wanted.text !== undefined) rankings.push(await bestWords(query, wanted.text, filter));
        if (rankings.length === 0) rankings.push(await newest(query, filter));
        const best = fuse(rankings).filter(({ score }) => score >= wanted.minScore).slice(0, wanted.limit);
        return load(query, best, vector);
      },
      // All parts see the same items.
      { signal, isolation: "repeatable read" },
    );
  }
}

/** Parameters `$1` and `$2` are the filter's. */
function filterOf({ agentId, tags }: SearchQuery): Filter {
  const conditions = [LIVE, ...(agentId === undefined ? ["$1::text is null"] : ["agent_id = $1"]), ...(tags.length === 0 ? ["$2::text[] is null"] : ["tags @> $2"])];
  return { clause: conditions.join(" and "), values: [agentId ?? null, tags.length === 0 ? null : tags] };
}

async function nearest(query: Query, vector: string, { clause, values }: Filter): Promise<string[]> {
  // The index goes on until enough neighbours pass the filter, instead of filtering a fixed number of them.
  await query(`select set_config('hnsw.iterative_scan', 'strict_order', true), set_config('hnsw.ef_search', $1, true)`, [String(EF_SEARCH)]);
  const { rows } = await query<{ id: string }>(
    `select id from item where ${clause} and embedding is not null order by embedding <=> $3::vector limit ${CANDIDATES}`,
    [...values, vector],
  );
  return rows.map(({ id }) => id);
}

async function bestWords(query: Query, text: string, { clause, values }: Filter): Promise<string[]> {
  const { rows } = await query<{ id: string }>(
    `select id from item, websearch_to_tsquery('simple', $3) as words where ${clause} and search @@ words
     order by ts_rank_cd(search, words) desc, revision desc limit ${CANDIDATES}`,
    [...values, text],
  );
  return rows.map(({ id }) => id);
}

async function newest(query: Query, { clause, values }: Filter): Promise<string[]> {
  const { rows } = await query<{ id: string }>(`select id from item where ${clause} order by updated_at desc, id desc limit ${CANDIDATES}`, values);
  return rows.map(({ id }) => id);
}

async function load(query: Query, best: readonly { readonly id: string; readonly score: number }[], vector: string | undefined): Promise<Hit[]> {
  const { rows } = await query<HeadRow & { id: string; value: unknown; similarity: number | null }>(
    `select id, ${HEAD_COLUMNS}, value, 1 - (embedding <=> $2::vector) as similarity from item where id = any($1::bigint[])`,
    [best.map(({ id }) => id), vector],
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  return best.flatMap(({ id, score }) => {
    const row = byId.get(id);
    return row === undefined ? [] : [{ item: { ...toHead(row), value: row.value }, score, similarity: row.similarity ?? undefined }];
  });
}
