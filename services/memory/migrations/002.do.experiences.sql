create table experience (
  -- In the order of time.
  id uuid primary key default uuidv7(),
  agent_id text collate "C" not null,
  task text not null,
  outcome text not null,
  reward double precision not null,
  embedding vector,
  created_at timestamptz not null default clock_timestamp()
);

create index experience_of_agent on experience (agent_id, id desc);
