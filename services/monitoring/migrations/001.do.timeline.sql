-- How far a topic was read, and by whom: one replica at a time, as long as it renews its lease.
create table consumer (
  topic text primary key,
  -- Offset of the last event whose effect is in this schema.
  last_offset bigint not null default 0,
  holder text,
  held_until timestamptz not null default '-infinity'
);

create table event (
  -- Given by one transaction after the other, so whoever has read up to one has seen all before it.
  position bigint generated always as identity primary key,
  source text not null,
  id text not null,
  type text not null,
  agent_id uuid not null,
  agent_type text not null,
  state text not null,
  previous_state text,
  sequence bigint not null,
  trace_id text,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  unique (source, id)
);

create index event_of_agent on event (agent_id, position);
create index event_age on event (recorded_at);

create table agent (
  id uuid primary key,
  type text not null,
  capabilities text[] not null,
  state text not null,
  region text not null,
  -- Of the newest event; -1 for an agent that was found in a listing and not told of yet.
  sequence bigint not null,
  updated_at timestamptz not null,
  deleted_at timestamptz,
  -- When a listing last had it.
  seen_at timestamptz
);

create index agent_state on agent (state) where deleted_at is null;
create index agent_deleted on agent (deleted_at) where deleted_at is not null;
