-- Grows with every change of any item, so that of two versions of one item the later has the higher number.
create sequence item_revision;

create table item (
  id bigint generated always as identity unique,
  agent_id text collate "C" not null,
  key text collate "C" not null,
  value jsonb not null,
  tags text[] not null,
  -- Gets its dimension, and its index, from MEMORY_EMBEDDING_DIMENSION when the service first starts.
  embedding vector,
  revision bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  expires_at timestamptz,
  -- Words of all strings in the value, as they are: agents write in any language.
  search tsvector generated always as (jsonb_to_tsvector('simple', value, '["string"]')) stored,
  primary key (agent_id, key)
);

create index item_tags on item using gin (tags);
create index item_search on item using gin (search);
create index item_updated on item (agent_id, updated_at desc);
create index item_expiry on item (expires_at) where expires_at is not null;
