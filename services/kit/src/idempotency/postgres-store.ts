import { randomUUID } from "node:crypto";
import { PostgresError } from "../postgres";
import type { Postgres } from "../postgres";
import { KEPT_S, begunFrom } from "./store";
import type { BeginArgs, Begun, EndArgs, IdempotencyStore, KeptAnswer } from "./store";

/** Expired rows that one request clears away; more than it adds, so they cannot pile up. */
const CLEARED_PER_REQUEST = 20;

const TABLE = `
  create table if not exists idempotency_key (
    scope text not null, key text not null, fingerprint text not null, claim text not null, answer jsonb,
    expires_at timestamptz not null, primary key (scope, key)
  );
  create index if not exists idempotency_key_expires_at on idempotency_key (expires_at);`;

/** A free key, or one whose time has run out, is taken; any other stays as it is. */
const CLAIM = `
  insert into idempotency_key as kept (scope, key, fingerprint, claim, expires_at)
  values ($1, $2, $3, $4, now() + make_interval(secs => $5))
  on conflict (scope, key) do update
    set fingerprint = excluded.fingerprint, claim = excluded.claim, answer = null, expires_at = excluded.expires_at
    where kept.expires_at < now()`;

/** Keeps answers in a table of the service's own schema, which it makes itself. */
export class PostgresIdempotencyStore implements IdempotencyStore {
  readonly #postgres: Postgres;
  readonly #claimS: number;
  #table: Promise<void> | undefined;

  /** @param claimS see `claimSeconds` */
  constructor(postgres: Postgres, claimS: number) {
    this.#postgres = postgres;
    this.#claimS = claimS;
  }

  async begin({ scope, key, fingerprint, signal }: BeginArgs): Promise<Begun> {
    await this.#ready();
    const claim = randomUUID();
    const taken = await this.#postgres.query(CLAIM, [scope, key, fingerprint, claim, this.#claimS], { signal });
    if (taken.count === 1) return { state: "fresh", claim };
    const { rows } = await this.#postgres.query<{ fingerprint: string; claim: string; answer: KeptAnswer | null }>(
      "select fingerprint, claim, answer from idempotency_key where scope = $1 and key = $2", [scope, key], { signal });
    const [found] = rows;
    // It was abandoned between the two statements; the next try is fresh.
    if (found === undefined) return { state: "in-progress" };
    return begunFrom({ ...found, answer: found.answer ?? undefined }, fingerprint);
  }

  async finish({ scope, key, claim }: EndArgs, answer: KeptAnswer): Promise<void> {
    await this.#postgres.query(
      "update idempotency_key set answer = $4, expires_at = now() + make_interval(secs => $5) where scope = $1 and key = $2 and claim = $3",
      [scope, key, claim, JSON.stringify(answer), KEPT_S]);
    // Nobody waits for it, and the next answer clears what this one could not.
    void this.#postgres
      .query("delete from idempotency_key where ctid in (select ctid from idempotency_key where expires_at < now() limit $1 for update skip locked)", [CLEARED_PER_REQUEST])
      .catch(() => undefined);
  }

  async abandon({ scope, key, claim }: EndArgs): Promise<void> {
    await this.#postgres.query("delete from idempotency_key where scope = $1 and key = $2 and claim = $3 and answer is null", [scope, key, claim]);
  }

  #ready(): Promise<void> {
    this.#table ??= this.#make().catch((error: unknown) => {
      this.#table = undefined;
      throw error;
    });
    return this.#table;
  }

  async #make(): Promise<void> {
    await this.#postgres.query(TABLE).catch((error: unknown) => {
      // Two replicas that make it at the same time: one of them is told that it is there.
      if (!(error instanceof PostgresError && error.code === "unique-violation")) throw error;
    });
  }
}
