create table span (
  trace_id text not null,
  span_id text not null,
  parent_span_id text,
  service text not null,
  name text not null,
  kind smallint not null,
  -- Nanoseconds of the epoch.
  started_ns bigint not null,
  duration_ns bigint not null,
  failed boolean not null,
  attributes jsonb not null,
  received_at timestamptz not null default clock_timestamp(),
  primary key (trace_id, span_id)
);

-- Traces are listed by their first span.
create index span_root on span (started_ns desc) where parent_span_id is null;
create index span_age on span (received_at);
