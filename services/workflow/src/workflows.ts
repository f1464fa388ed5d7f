import type { Static } from "typebox";
import { problem } from "../../kit/src";
import type { Postgres } from "../../kit/src/postgres";
import type { CreateBody, Step } from "../schemas";
import { assertSteps } from "./definition";
import type { Definition } from "./definition";
import { digestOf } from "./digest";
import type { Options } from "./options";

interface Row {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly steps: Step[];
  readonly created_at: Date;
}

const COLUMNS = "id, name, version, steps, created_at";

/** Definitions in PostgreSQL. They are never changed. Throws Problem and PostgresError. */
export class Workflows {
  readonly #postgres: Postgres;

  constructor(postgres: Postgres) {
    this.#postgres = postgres;
  }

  /** @returns the version that has these steps, and whether it was made now. @throws Problem 400. */
  async create({ name, steps }: Static<typeof CreateBody>, options: Options = {}): Promise<{ readonly definition: Definition; readonly created: boolean }> {
    assertSteps(steps);
    const digest = digestOf({ name, steps });
    return this.#postgres.transaction(async ({ query }) => {
      // Those who store the same name take turns, so that versions have no gap and no one fails for another.
      await query("select pg_advisory_xact_lock(hashtextextended($1, 0))", [`workflow ${name}`]);
      const known = await query<Row>(`select ${COLUMNS} from workflow where name = $1 and digest = $2`, [name, digest]);
      if (known.rows[0] !== undefined) return { definition: toDefinition(known.rows[0]), created: false };
      const made = await query<Row>(
        `insert into workflow (name, version, digest, steps)
         values ($1, (select coalesce(max(version), 0) + 1 from workflow where name = $1), $2, $3) returning ${COLUMNS}`,
        [name, digest, JSON.stringify(steps)],
      );
      return { definition: toDefinition(made.rows[0]), created: true };
    }, options);
  }

  /** @throws Problem 404. */
  async get(id: string, options: Options = {}): Promise<Definition> {
    const { rows } = await this.#postgres.query<Row>(`select ${COLUMNS} from workflow where id = $1`, [id], options);
    if (rows[0] === undefined) throw problem("not-found", `there is no workflow '${id}'`);
    return toDefinition(rows[0]);
  }

  /** In the order of creation. @param page `limit` of them, those after the id `after` */
  async list(page: Options & { readonly name?: string | undefined; readonly after?: string | undefined; readonly limit: number }): Promise<Definition[]> {
    const { rows } = await this.#postgres.query<Row>(
      `select ${COLUMNS} from workflow where ($1::text is null or name = $1) and ($2::uuid is null or id > $2) order by id limit $3`,
      [page.name ?? null, page.after ?? null, page.limit],
      { signal: page.signal },
    );
    return rows.map(toDefinition);
  }
}

function toDefinition(row: Row | undefined): Definition {
  if (row === undefined) throw new Error("PostgreSQL gave back no row of what it stored");
  const { id, name, version, steps, created_at } = row;
  return { id, name, version, steps, createdAt: created_at.toISOString() };
}
