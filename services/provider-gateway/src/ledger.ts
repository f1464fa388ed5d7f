import type { Counter } from "@opentelemetry/api";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger, Telemetry } from "../../kit/src";
import { StoreError } from "../../kit/src";
import type { Postgres } from "../../kit/src/postgres";
import { LEDGER_ATTEMPTS, LEDGER_DEADLINE_MS, LEDGER_PAUSE_MS } from "../limits";
import type { Usage } from "./money";

/** One call that a provider has answered, or may have begun to answer. */
export interface Entry {
  readonly id: string;
  readonly at: Date;
  readonly tenant: string;
  readonly provider: string;
  readonly model: string;
  readonly streamed: boolean;
  readonly outcome: "ok" | "cut" | "abandoned";
  readonly usage: Usage;
  readonly costNanoUsd: number;
  readonly latencyMs: number;
}

export interface LedgerArgs {
  readonly postgres: Postgres;
  readonly telemetry: Telemetry;
  readonly logger: Logger;
}

/** What was called and what it cost, in PostgreSQL. */
export class Ledger {
  readonly #args: LedgerArgs;
  readonly #lost: Counter;
  readonly #underWay = new Set<Promise<void>>();

  constructor(args: LedgerArgs) {
    this.#args = args;
    this.#lost = args.telemetry.meter.createCounter("gateway.ledger.lost", { description: "Calls that cost something and could not be written down" });
  }

  /**
   * Writes a call down, and what its tenant has spent. Doing it again with the same id changes nothing, so a write
   * whose answer was lost is tried again.
   *
   * @throws PostgresError when that did not help; the entry is in the log then.
   */
  record(entry: Entry): Promise<void> {
    const writing = this.#record(entry);
    const forget = (): void => void this.#underWay.delete(writing);
    this.#underWay.add(writing);
    writing.then(forget, forget);
    return writing;
  }

  async #record(entry: Entry): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#write(entry);
        return;
      } catch (error) {
        if (error instanceof StoreError && error.code !== "rejected" && attempt < LEDGER_ATTEMPTS) {
          await sleep(LEDGER_PAUSE_MS * attempt);
          continue;
        }
        this.#lost.add(1);
        this.#args.logger.error({ err: error, entry }, "a call that cost something could not be written down; its entry is in this line");
        throw error;
      }
    }
  }

  async #write({ id, at, tenant, provider, model, streamed, outcome, usage, costNanoUsd, latencyMs }: Entry): Promise<void> {
    await this.#args.postgres.query(
      `with added as (
         insert into call (id, at, tenant, provider, model, streamed, outcome, prompt_tokens, completion_tokens, estimated, cost_nano_usd, latency_ms)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict (id) do nothing returning tenant, cost_nano_usd
       )
       insert into spend (tenant, month, cost_nano_usd) select tenant, $13::date, cost_nano_usd from added
       on conflict (tenant, month) do update set cost_nano_usd = spend.cost_nano_usd + excluded.cost_nano_usd`,
      [id, at, tenant, provider, model, streamed, outcome, usage.promptTokens, usage.completionTokens, usage.estimated, costNanoUsd, latencyMs, monthOf(at)],
      // Not the caller's signal: who hangs up has still spent it.
      { deadlineMs: LEDGER_DEADLINE_MS },
    );
  }

  /** Billionths of a dollar. */
  async spent(tenant: string, at: Date, signal?: AbortSignal): Promise<number> {
    const { rows } = await this.#args.postgres.query<{ cost_nano_usd: string }>("select cost_nano_usd from spend where tenant = $1 and month = $2::date", [tenant, monthOf(at)], { signal });
    return Number(rows[0]?.cost_nano_usd ?? 0);
  }

  /** Waits for what is being written. Never rejects. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }
}

/** First day of the month, UTC. */
export function monthOf(at: Date): string {
  return `${at.toISOString().slice(0, 7)}-01`;
}
