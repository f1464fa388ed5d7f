import type { Static } from "typebox";
import type { Logger, ServiceClient } from "../../kit/src";
import type { Postgres } from "../../kit/src/postgres";
import type { contract as agentContract } from "../../agent/contract";
import { MAX_PAGE_SIZE, MAX_RECONCILE_PAGES } from "../limits";

type Page = Static<(typeof agentContract)["routes"]["listAgents"]["schema"]["responses"][200]["body"]>;

export interface ReconcilerArgs {
  readonly agents: ServiceClient<typeof agentContract>;
  readonly postgres: Postgres;
  readonly logger: Logger;
  /** @default MAX_RECONCILE_PAGES */
  readonly maxPages?: number;
}

/** Brings what is known of agents in line with the agents there are, when events have not told of all. */
export class Reconciler {
  readonly #args: ReconcilerArgs;

  constructor(args: ReconcilerArgs) {
    this.#args = args;
  }

  /** Throws CallError and PostgresError; what was done until then stays, and doing it again does no harm. */
  async reconcile(signal: AbortSignal): Promise<void> {
    const { agents, postgres, logger, maxPages = MAX_RECONCILE_PAGES } = this.#args;
    const { rows } = await postgres.query<{ now: Date }>("select clock_timestamp() as now", [], { signal });
    const startedAt = rows[0]?.now ?? new Date();
    let cursor: string | undefined;
    for (let page = 0; page < maxPages; page += 1) {
      const { body } = await agents.call("listAgents", { query: { limit: MAX_PAGE_SIZE, ...(cursor === undefined ? {} : { cursor }) }, signal });
      await this.#seen(body.agents, startedAt, signal);
      cursor = body.nextCursor;
      if (cursor === undefined) return this.#forgetUnseen(startedAt, signal);
    }
    logger.warn({ maxPages }, "there are more agents than are read at once; removed ones among the rest stay in the counts");
  }

  async #seen(page: Page["agents"], seenAt: Date, signal: AbortSignal): Promise<void> {
    for (const { id, type, capabilities, state, region, updatedAt } of page) {
      await this.#args.postgres.query(
        `insert into agent (id, type, capabilities, state, region, sequence, updated_at, seen_at) values ($1, $2, $3, $4, $5, -1, $6, $7)
         on conflict (id) do update set seen_at = excluded.seen_at,
           state = case when agent.updated_at < excluded.updated_at and agent.deleted_at is null then excluded.state else agent.state end,
           updated_at = case when agent.deleted_at is null then greatest(agent.updated_at, excluded.updated_at) else agent.updated_at end`,
        [id, type, capabilities, state, region, updatedAt, seenAt],
        { signal },
      );
    }
  }

  /** An agent that was there before the listing and is not in it is gone. */
  async #forgetUnseen(startedAt: Date, signal: AbortSignal): Promise<void> {
    await this.#args.postgres.query(
      "update agent set deleted_at = $1 where deleted_at is null and updated_at < $1 and (seen_at is null or seen_at < $1)",
      [startedAt],
      { signal },
    );
  }
}
