import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../../kit/src";
import type { Postgres, Query } from "../../kit/src/postgres";
import { EVENT_AGE_S, MAX_EVENTS_KEPT, MAX_SPANS_KEPT, SPAN_AGE_S, SWEEP_BATCH, SWEEP_EVERY_MS } from "../limits";

const LOCK = "sweep of monitoring";

export interface Retention {
  readonly spans: number;
  readonly spanAgeS: number;
  readonly events: number;
  readonly eventAgeS: number;
}

export interface SweeperArgs {
  readonly postgres: Postgres;
  readonly logger: Logger;
  /** @default the limits of this service */
  readonly retention?: Partial<Retention>;
}

const RETENTION: Retention = { spans: MAX_SPANS_KEPT, spanAgeS: SPAN_AGE_S, events: MAX_EVENTS_KEPT, eventAgeS: EVENT_AGE_S };

/** Removes spans, events and removed agents that are too old or too many; one replica at a time. */
export class Sweeper {
  readonly #args: SweeperArgs;
  readonly #retention: Retention;

  constructor(args: SweeperArgs) {
    this.#args = args;
    this.#retention = { ...RETENTION, ...args.retention };
  }

  /** Ends with the signal; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.sweep(signal);
      } catch (error) {
        if (!signal.aborted) this.#args.logger.warn({ err: error }, "old spans and events could not be removed; trying again");
      }
      await sleep(SWEEP_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Throws PostgresError. */
  async sweep(signal: AbortSignal): Promise<void> {
    const { spans, spanAgeS, events, eventAgeS } = this.#retention;
    while ((await this.#remove("span", "received_at", spans, spanAgeS, signal)) === SWEEP_BATCH) continue;
    while ((await this.#remove("event", "recorded_at", events, eventAgeS, signal)) === SWEEP_BATCH) continue;
    await this.#args.postgres.query("delete from agent where deleted_at < clock_timestamp() - make_interval(secs => $1)", [eventAgeS], { signal });
  }

  /** @returns how many rows were removed: at most one batch. */
  async #remove(table: "span" | "event", age: "received_at" | "recorded_at", most: number, ageS: number, signal: AbortSignal): Promise<number> {
    return this.#args.postgres.transaction(
      async ({ query }) => {
        if (!(await locked(query))) return 0;
        const { rows } = await query<{ count: string }>(`select count(*) from ${table}`);
        const surplus = Math.max(0, Number(rows[0]?.count ?? 0) - most);
        const old = await query(
          `delete from ${table} where ctid in (select ctid from ${table} where ${age} < clock_timestamp() - make_interval(secs => $1) limit $2)`,
          [ageS, SWEEP_BATCH],
        );
        const excess = Math.min(Math.max(0, surplus - old.count), SWEEP_BATCH - old.count);
        if (excess === 0) return old.count;
        const more = await query(`delete from ${table} where ctid in (select ctid from ${table} order by ${age} limit $1)`, [excess]);
        return old.count + more.count;
      },
      { signal },
    );
  }
}

async function locked(query: Query): Promise<boolean> {
  const { rows } = await query<{ locked: boolean }>("select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as locked", [LOCK]);
  return rows[0]?.locked ?? false;
}
