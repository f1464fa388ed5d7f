import type { Postgres } from "../../kit/src/postgres";
import { fromVector, toVector } from "./embedding";
import type { Experience } from "./experience";
import type { VectorSpace } from "./vector-space";

interface Options {
  readonly signal?: AbortSignal | undefined;
}

interface Row {
  readonly id: string;
  readonly agent_id: string;
  readonly task: string;
  readonly outcome: string;
  readonly reward: number;
  readonly embedding: string | null;
  readonly created_at: Date;
}

const COLUMNS = "id, agent_id, task, outcome, reward, embedding, created_at";

/** Experiences in PostgreSQL: they are added and read, and never changed. Throws Problem and PostgresError. */
export class Experiences {
  readonly #postgres: Postgres;
  readonly #space: VectorSpace;

  constructor(postgres: Postgres, space: VectorSpace) {
    this.#postgres = postgres;
    this.#space = space;
  }

  async add(wanted: Omit<Experience, "id" | "createdAt">, options: Options = {}): Promise<Experience> {
    const vector = wanted.embedding === undefined ? null : toVector(wanted.embedding, this.#space.dimension);
    await this.#space.check(options.signal);
    const { rows } = await this.#postgres.query<Row>(
      `insert into experience (agent_id, task, outcome, reward, embedding) values ($1, $2, $3, $4, $5) returning ${COLUMNS}`,
      [wanted.agentId, wanted.task, wanted.outcome, wanted.reward, vector],
      options,
    );
    const [row] = rows;
    if (row === undefined) throw new Error("an experience was written and not returned");
    return toExperience(row);
  }

  /** Newest first. */
  async list(agentId: string, page: Options & { readonly before: string | undefined; readonly limit: number }): Promise<Experience[]> {
    const { rows } = await this.#postgres.query<Row>(
      `select ${COLUMNS} from experience
       where agent_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3`,
      [agentId, page.before, page.limit],
      page,
    );
    return rows.map(toExperience);
  }
}

function toExperience(row: Row): Experience {
  const { id, task, outcome, reward } = row;
  return { id, agentId: row.agent_id, task, outcome, reward, embedding: fromVector(row.embedding), createdAt: row.created_at.toISOString() };
}
