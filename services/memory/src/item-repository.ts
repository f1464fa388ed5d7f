import type { Postgres, Transaction } from "../../kit/src/postgres";
import type { Address, Item, ItemHead, NewItem } from "./item";
import { HEAD_COLUMNS, ITEM_COLUMNS, LIVE, toHead, toItem } from "./item-rows";
import type { HeadRow, ItemRow } from "./item-rows";

interface Options {
  readonly signal?: AbortSignal | undefined;
}

export interface StoredForm extends Omit<NewItem, "value" | "embedding"> {
  /** JSON text. */
  readonly value: string;
  /** As PostgreSQL reads a vector. */
  readonly embedding: string | undefined;
}

export interface ItemFilter {
  readonly prefix: string | undefined;
  readonly tag: string | undefined;
}

/** What is there before a change, judged by who changes it: throwing leaves everything as it is. */
type Judge = (current: ItemHead | undefined) => void;

/** Items in PostgreSQL. Throws PostgresError. */
export class ItemRepository {
  readonly #postgres: Postgres;

  constructor(postgres: Postgres) {
    this.#postgres = postgres;
  }

  async find({ agentId, key }: Address, options: Options = {}): Promise<Item | undefined> {
    const { rows } = await this.#postgres.query<ItemRow>(`select ${ITEM_COLUMNS} from item where agent_id = $1 and key = $2 and ${LIVE}`, [agentId, key], options);
    return rows[0] === undefined ? undefined : toItem(rows[0]);
  }

  async put(item: StoredForm, judge: Judge, options: Options = {}): Promise<{ readonly head: ItemHead; readonly created: boolean }> {
    return this.#postgres.transaction(async ({ query }) => {
      const current = await lock({ query }, item);
      judge(current);
      // What has expired may still be in the table; it is no predecessor.
      if (current === undefined) await query("delete from item where agent_id = $1 and key = $2", [item.agentId, item.key]);
      const { rows } = await query<HeadRow>(
        `insert into item (agent_id, key, value, tags, embedding, revision, created_at, updated_at, expires_at)
         values ($1, $2, $3, $4, $5, nextval('item_revision'), clock_timestamp(), clock_timestamp(), clock_timestamp() + make_interval(secs => $6))
         on conflict (agent_id, key) do update set value = excluded.value, tags = excluded.tags, embedding = excluded.embedding,
           revision = excluded.revision, updated_at = excluded.updated_at, expires_at = excluded.expires_at
         returning ${HEAD_COLUMNS}`,
        [item.agentId, item.key, item.value, item.tags, item.embedding, item.ttlSeconds],
      );
      const [row] = rows;
      if (row === undefined) throw new Error(`item '${item.agentId}/${item.key}' was written and not returned`);
      return { head: toHead(row), created: current === undefined };
    }, options);
  }

  async delete(address: Address, judge: Judge, options: Options = {}): Promise<void> {
    await this.#postgres.transaction(async ({ query }) => {
      judge(await lock({ query }, address));
      await query("delete from item where agent_id = $1 and key = $2", [address.agentId, address.key]);
    }, options);
  }

  /** In the order of their keys. */
  async list(agentId: string, { prefix, tag }: ItemFilter, page: Options & { readonly after: string | undefined; readonly limit: number }): Promise<ItemHead[]> {
    const { rows } = await this.#postgres.query<HeadRow>(
      `select ${HEAD_COLUMNS} from item
       where agent_id = $1 and ${LIVE} and ($2::text is null or starts_with(key, $2)) and ($3::text is null or tags @> array[$3])
         and ($4::text is null or key > $4 collate "C")
       order by key limit $5`,
      [agentId, prefix, tag, page.after, page.limit],
      page,
    );
    return rows.map(toHead);
  }
}

/**
 * Holds an address until the end of the transaction, whether something is there or not: without that, a new item could
 * get a lower revision than the one whose deletion it waited for.
 */
async function lock({ query }: Transaction, { agentId, key }: Address): Promise<ItemHead | undefined> {
  await query("select pg_advisory_xact_lock(hashtextextended($1, 0))", [`item ${agentId} ${key}`]);
  const { rows } = await query<HeadRow>(`select ${HEAD_COLUMNS} from item where agent_id = $1 and key = $2 and ${LIVE}`, [agentId, key]);
  return rows[0] === undefined ? undefined : toHead(rows[0]);
}
