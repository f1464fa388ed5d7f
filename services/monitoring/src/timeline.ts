import type { Postgres, Query } from "../../kit/src/postgres";
import { MAX_HISTORY } from "../limits";
import type { LifecycleChange } from "./lifecycle";

interface Options {
  readonly signal?: AbortSignal;
}

/** One event as it was recorded. */
export interface TimelineEntry {
  readonly position: number;
  readonly id: string;
  readonly type: string;
  readonly agentId: string;
  readonly agentType: string;
  readonly state: string;
  readonly previousState: string | undefined;
  readonly sequence: number;
  readonly traceId: string | undefined;
  readonly occurredAt: Date;
  readonly recordedAt: Date;
}

export interface KnownAgent {
  readonly id: string;
  readonly type: string;
  readonly capabilities: readonly string[];
  readonly state: string;
  readonly region: string;
  readonly updatedAt: Date;
  readonly deletedAt: Date | undefined;
  readonly history: readonly TimelineEntry[];
}

interface EventRow {
  readonly position: string;
  readonly id: string;
  readonly type: string;
  readonly agent_id: string;
  readonly agent_type: string;
  readonly state: string;
  readonly previous_state: string | null;
  readonly sequence: string;
  readonly trace_id: string | null;
  readonly occurred_at: Date;
  readonly recorded_at: Date;
}

interface AgentRow {
  readonly id: string;
  readonly type: string;
  readonly capabilities: string[];
  readonly state: string;
  readonly region: string;
  readonly updated_at: Date;
  readonly deleted_at: Date | null;
}

const EVENT_COLUMNS = "position, id, type, agent_id, agent_type, state, previous_state, sequence, trace_id, occurred_at, recorded_at";

/** What happened to agents, and how they are by that. Throws PostgresError. */
export class Timeline {
  readonly #postgres: Postgres;

  constructor(postgres: Postgres) {
    this.#postgres = postgres;
  }

  async events(page: Options & { readonly after: number; readonly limit: number; readonly agentId: string | undefined }): Promise<readonly TimelineEntry[]> {
    const { rows } = await this.#postgres.query<EventRow>(
      `select ${EVENT_COLUMNS} from event where position > $1 and ($2::uuid is null or agent_id = $2) order by position limit $3`,
      [page.after, page.agentId ?? null, page.limit],
      { signal: page.signal },
    );
    return rows.map(toEntry);
  }

  async agent(id: string, options: Options = {}): Promise<KnownAgent | undefined> {
    const [{ rows }, history] = await Promise.all([
      this.#postgres.query<AgentRow>("select id, type, capabilities, state, region, updated_at, deleted_at from agent where id = $1", [id], options),
      this.#postgres.query<EventRow>(`select ${EVENT_COLUMNS} from event where agent_id = $1 order by position desc limit $2`, [id, MAX_HISTORY], options),
    ]);
    const [row] = rows;
    if (row === undefined) return undefined;
    const { type, capabilities, state, region, updated_at: updatedAt } = row;
    return { id, type, capabilities, state, region, updatedAt, deletedAt: row.deleted_at ?? undefined, history: history.rows.map(toEntry) };
  }

  /** How many agents there are in each state; removed ones are none. */
  async agentsByState(options: Options = {}): Promise<Readonly<Record<string, number>>> {
    const { rows } = await this.#postgres.query<{ state: string; count: string }>(
      "select state, count(*) from agent where deleted_at is null group by state", [], options,
    );
    return Object.fromEntries(rows.map(({ state, count }) => [state, Number(count)]));
  }
}

/**
 * Records a change, unless it is recorded already. Events of one agent can come in another order than they happened:
 * the agent is as the one with the highest sequence says.
 *
 * @returns whether it was new.
 */
export async function record(query: Query, change: LifecycleChange): Promise<boolean> {
  const { id, type, capabilities, state, region, sequence, previousState } = change.data;
  const { count } = await query(
    `insert into event (source, id, type, agent_id, agent_type, state, previous_state, sequence, trace_id, occurred_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (source, id) do nothing`,
    [change.source, change.id, change.type, id, type, state, previousState ?? null, sequence, change.traceId ?? null, change.time],
  );
  if (count === 0) return false;
  await query(
    `insert into agent (id, type, capabilities, state, region, sequence, updated_at, deleted_at) values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (id) do update set state = excluded.state, sequence = excluded.sequence, updated_at = excluded.updated_at, deleted_at = excluded.deleted_at
     where agent.sequence < excluded.sequence`,
    [id, type, capabilities, state, region, sequence, change.time, change.type === "agent.deleted" ? change.time : null],
  );
  return true;
}

function toEntry(row: EventRow): TimelineEntry {
  return {
    position: Number(row.position),
    id: row.id,
    type: row.type,
    agentId: row.agent_id,
    agentType: row.agent_type,
    state: row.state,
    previousState: row.previous_state ?? undefined,
    sequence: Number(row.sequence),
    traceId: row.trace_id ?? undefined,
    occurredAt: row.occurred_at,
    recordedAt: row.recorded_at,
  };
}
