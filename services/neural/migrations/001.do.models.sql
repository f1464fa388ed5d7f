create table model (
  name text collate "C" primary key,
  task text not null,
  description text not null,
  -- Versions to their weights in percent; empty: nothing is routed yet.
  traffic jsonb not null default '{}',
  -- Grows with every change of the traffic.
  revision bigint not null default 1,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp()
);

create table version (
  model text collate "C" not null references model (name),
  version text collate "C" not null,
  uri text not null,
  sha256 text not null,
  bytes bigint not null,
  runtime text not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (model, version)
);
