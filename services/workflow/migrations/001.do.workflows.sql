create table workflow (
  id uuid primary key default uuidv7(),
  name text collate "C" not null,
  version integer not null,
  -- Of name and steps: the same definition is the same version.
  digest text not null,
  steps jsonb not null,
  created_at timestamptz not null default now(),
  unique (name, version),
  unique (name, digest)
);

create table execution (
  id uuid primary key default uuidv7(),
  workflow_id uuid not null references workflow (id),
  input jsonb not null,
  -- Digests of the caller's Idempotency-Key and of what came with it.
  idempotency text,
  fingerprint text not null,
  -- W3C trace context of the request.
  carrier jsonb not null,
  accepted_at timestamptz not null default now(),
  -- Last time that it was handed to the orchestrator.
  submitted_at timestamptz,
  finished_at timestamptz,
  -- How it ended.
  progress jsonb,
  unique (workflow_id, idempotency),
  check ((finished_at is null) = (progress is null))
);

create index execution_unfinished on execution (submitted_at nulls first) where finished_at is null;
create index execution_finished on execution (finished_at) where finished_at is not null;
