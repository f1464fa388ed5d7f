import type { Carrier } from "../../kit/src";
import type { Postgres } from "../../kit/src/postgres";
import { EXECUTION_RETENTION_DAYS, MAX_UNFINISHED, RESUBMIT_AFTER_S } from "../limits";
import type { Step } from "../schemas";
import type { Execution } from "./execution";
import type { Options } from "./options";
import type { Progress } from "./progress";

interface Row {
  readonly id: string;
  readonly workflow_id: string;
  readonly steps: Step[];
  readonly input: Record<string, unknown>;
  readonly carrier: Carrier;
  readonly fingerprint: string;
  readonly accepted_at: Date;
  readonly finished_at: Date | null;
  readonly progress: Progress | null;
}

export interface NewExecution {
  readonly workflowId: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly carrier: Carrier;
  /** Digest of the `Idempotency-Key`. */
  readonly idempotency: string | undefined;
  /** Digest of the input. */
  readonly fingerprint: string;
}

export type AddOutcome =
  /** It counts as handed over already; `toSubmit` takes that back. */
  | { readonly kind: "added"; readonly execution: Execution }
  | { readonly kind: "known"; readonly execution: Execution; readonly fingerprint: string }
  /** There is no such workflow, or as many executions as may be unfinished are. */
  | { readonly kind: "refused" };

/** One statement, because every execution waits for it. */
const ADD = `
  with wanted as (select id, steps from workflow where id = $1),
  added as (
    insert into execution (workflow_id, input, idempotency, fingerprint, carrier, submitted_at)
    select id, $2, $3, $4, $5, now() from wanted
    where (select count(*) from (select 1 from execution where finished_at is null limit ${MAX_UNFINISHED})) < ${MAX_UNFINISHED}
    on conflict (workflow_id, idempotency) do nothing returning *
  )
  select e.id, e.workflow_id, w.steps, e.input, e.carrier, e.fingerprint, e.accepted_at, e.finished_at, e.progress
  from added e join wanted w on w.id = e.workflow_id`;

const SELECT = `select e.id, e.workflow_id, w.steps, e.input, e.carrier, e.fingerprint, e.accepted_at, e.finished_at, e.progress
  from execution e join workflow w on w.id = e.workflow_id`;

/** Executions in PostgreSQL. Throws PostgresError. */
export class ExecutionRepository {
  readonly #postgres: Postgres;

  constructor(postgres: Postgres) {
    this.#postgres = postgres;
  }

  /** One execution for each workflow and idempotency key. */
  async add({ workflowId, input, carrier, idempotency, fingerprint }: NewExecution, options: Options = {}): Promise<AddOutcome> {
    const key = idempotency ?? null;
    const { rows } = await this.#postgres.query<Row>(ADD, [workflowId, JSON.stringify(input), key, fingerprint, JSON.stringify(carrier)], options);
    if (rows[0] !== undefined) return { kind: "added", execution: toExecution(rows[0]) };
    const [known] = key === null ? [] : await this.#select("e.workflow_id = $1 and e.idempotency = $2", [workflowId, key], options);
    return known === undefined ? { kind: "refused" } : { kind: "known", execution: toExecution(known), fingerprint: known.fingerprint };
  }

  async find(id: string, options: Options = {}): Promise<Execution | undefined> {
    const [row] = await this.#select("e.id = $1", [id], options);
    return row === undefined ? undefined : toExecution(row);
  }

  /** The orchestrator could not be reached: it is tried again soon. */
  async toSubmit(id: string, options: Options = {}): Promise<void> {
    await this.#postgres.query("update execution set submitted_at = null where id = $1", [id], options);
  }

  /** The orchestrator has it. */
  async submitted(id: string, options: Options = {}): Promise<void> {
    await this.#postgres.query("update execution set submitted_at = now() where id = $1", [id], options);
  }

  /** Those that the orchestrator never had, or should have finished; the longest waiting first. */
  async overdue(limit: number, options: Options = {}): Promise<Execution[]> {
    const due = `e.finished_at is null and (e.submitted_at is null and e.accepted_at < now() - interval '1 s' or e.submitted_at < now() - interval '${RESUBMIT_AFTER_S} s')`;
    const rows = await this.#select(`${due} order by e.submitted_at nulls first limit $1`, [limit], options);
    return rows.map(toExecution);
  }

  /** Keeps how it ended; the first time counts. */
  async finish(id: string, progress: Progress, options: Options = {}): Promise<void> {
    await this.#postgres.query("update execution set finished_at = now(), progress = $2 where id = $1 and finished_at is null", [id, JSON.stringify(progress)], options);
  }

  /** @returns how many old ones were deleted */
  async deleteOld(limit: number, options: Options = {}): Promise<number> {
    const { count } = await this.#postgres.query(
      `delete from execution where id in (select id from execution where finished_at < now() - interval '${EXECUTION_RETENTION_DAYS} d' limit $1 for update skip locked)`,
      [limit],
      options,
    );
    return count;
  }

  async #select(where: string, values: readonly unknown[], options: Options): Promise<Row[]> {
    const { rows } = await this.#postgres.query<Row>(`${SELECT} where ${where}`, values, options);
    return rows;
  }
}

function toExecution(row: Row): Execution {
  return {
    id: row.id,
    workflowId: row.workflow_id,
    steps: row.steps,
    input: row.input,
    carrier: row.carrier,
    acceptedAt: row.accepted_at.toISOString(),
    outcome: row.progress === null || row.finished_at === null ? undefined : { progress: row.progress, finishedAt: row.finished_at.toISOString() },
  };
}
