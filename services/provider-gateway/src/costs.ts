import type { Postgres } from "../../kit/src/postgres";
import { MAX_COST_GROUPS } from "../limits";
import { toUsd } from "./money";

/** What costs can be summed up by, and how that is asked. */
const GROUPS = { provider: "provider", model: "model", tenant: "tenant", day: "to_char(at at time zone 'UTC', 'YYYY-MM-DD')" } as const;
export type GroupBy = keyof typeof GROUPS;

export interface Sums {
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly costUsd: number;
  /** How many of the calls have numbers that were guessed. */
  readonly estimatedCalls: number;
}

export interface Costs {
  readonly groups: readonly (Sums & { readonly key: string })[];
  readonly total: Sums;
  /** There are more groups than are given. */
  readonly truncated: boolean;
}

interface Row {
  readonly key: string | null;
  readonly calls: string;
  readonly prompt_tokens: string;
  readonly completion_tokens: string;
  readonly cost_nano_usd: string;
  readonly estimated_calls: string;
}

/** Sums over the ledger from one time up to another, the dearest first. Throws PostgresError. */
export async function sumCosts(postgres: Postgres, groupBy: GroupBy, from: Date, to: Date, signal?: AbortSignal): Promise<Costs> {
  const { rows } = await postgres.query<Row>(
    `select ${GROUPS[groupBy]} as key, count(*) as calls, coalesce(sum(prompt_tokens), 0) as prompt_tokens, coalesce(sum(completion_tokens), 0) as completion_tokens,
       coalesce(sum(cost_nano_usd), 0) as cost_nano_usd, count(*) filter (where estimated) as estimated_calls
     from call where at >= $1 and at < $2 group by grouping sets ((), (1)) order by grouping(${GROUPS[groupBy]}) desc, cost_nano_usd desc, 1 limit $3`,
    [from, to, MAX_COST_GROUPS + 2],
    { signal },
  );
  const [total, ...groups] = rows;
  if (total === undefined) throw new Error("the ledger gave no total");
  const shown = groups.slice(0, MAX_COST_GROUPS).map((row) => ({ key: row.key ?? "", ...toSums(row) }));
  return { groups: shown, total: toSums(total), truncated: groups.length > MAX_COST_GROUPS };
}

function toSums(row: Row): Sums {
  return {
    calls: Number(row.calls),
    promptTokens: Number(row.prompt_tokens),
    completionTokens: Number(row.completion_tokens),
    costUsd: toUsd(Number(row.cost_nano_usd)),
    estimatedCalls: Number(row.estimated_calls),
  };
}
