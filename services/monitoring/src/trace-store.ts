import type { Postgres } from "../../kit/src/postgres";
import { MAX_SPANS_PER_TRACE } from "../limits";
import type { SpanRecord } from "./otlp";

interface Options {
  readonly signal?: AbortSignal;
}

export interface TraceHead extends SpanRecord {
  /** Spans of the whole trace that have arrived. */
  readonly spans: number;
}

interface Row {
  readonly trace_id: string;
  readonly span_id: string;
  readonly parent_span_id: string | null;
  readonly service: string;
  readonly name: string;
  readonly kind: number;
  readonly started_ns: string;
  readonly duration_ns: string;
  readonly failed: boolean;
  readonly attributes: Record<string, unknown>;
}

const COLUMNS = "trace_id, span_id, parent_span_id, service, name, kind, started_ns, duration_ns, failed, attributes";
const NS_PER_MS = 1e6;

/** Spans in PostgreSQL. A span that comes again is kept as it was. Throws PostgresError. */
export class TraceStore {
  readonly #postgres: Postgres;

  constructor(postgres: Postgres) {
    this.#postgres = postgres;
  }

  async add(spans: readonly SpanRecord[], options: Options = {}): Promise<void> {
    if (spans.length === 0) return;
    const column = (value: (span: SpanRecord) => unknown): unknown[] => spans.map(value);
    await this.#postgres.query(
      `insert into span (${COLUMNS})
       select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::bigint[], $8::bigint[], $9::boolean[], $10::jsonb[])
       on conflict do nothing`,
      [
        column(({ traceId }) => traceId), column(({ spanId }) => spanId), column(({ parentSpanId }) => parentSpanId ?? null), column(({ service }) => service),
        column(({ name }) => name), column(({ kind }) => kind), column(({ startedNs }) => String(startedNs)), column(({ durationNs }) => String(durationNs)),
        column(({ failed }) => failed), column(({ attributes }) => JSON.stringify(attributes)),
      ],
      options,
    );
  }

  /** In the order of their start. Empty: nothing of it is kept. */
  async trace(traceId: string, options: Options = {}): Promise<readonly SpanRecord[]> {
    const { rows } = await this.#postgres.query<Row>(
      `select ${COLUMNS} from span where trace_id = $1 order by started_ns, span_id limit $2`, [traceId, MAX_SPANS_PER_TRACE], options,
    );
    return rows.map(toSpan);
  }

  /** Traces whose first span is of this service and took so long, newest first. */
  async newest(filter: Options & { readonly service: string | undefined; readonly minDurationMs: number; readonly limit: number }): Promise<readonly TraceHead[]> {
    const { rows } = await this.#postgres.query<Row & { readonly spans: string }>(
      `select ${COLUMNS}, (select count(*) from span as other where other.trace_id = span.trace_id) as spans
       from span where parent_span_id is null and ($1::text is null or service = $1) and duration_ns >= $2
       order by started_ns desc limit $3`,
      [filter.service ?? null, Math.round(filter.minDurationMs * NS_PER_MS), filter.limit],
      { signal: filter.signal },
    );
    return rows.map((row) => ({ ...toSpan(row), spans: Number(row.spans) }));
  }
}

function toSpan(row: Row): SpanRecord {
  const { service, name, kind, failed, attributes } = row;
  return {
    traceId: row.trace_id, spanId: row.span_id, parentSpanId: row.parent_span_id ?? undefined,
    service, name, kind, failed, attributes, startedNs: BigInt(row.started_ns), durationNs: BigInt(row.duration_ns),
  };
}
