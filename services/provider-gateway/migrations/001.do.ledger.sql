-- One row for each call that a provider has answered, or may have begun to answer.
create table call (
  -- Given by the service, so that writing it again changes nothing.
  id uuid primary key,
  at timestamptz not null,
  tenant text not null,
  provider text not null,
  model text not null,
  streamed boolean not null,
  -- cut: the provider's stream ended too early; abandoned: the caller hung up.
  outcome text not null check (outcome in ('ok', 'cut', 'abandoned')),
  prompt_tokens integer not null check (prompt_tokens >= 0),
  completion_tokens integer not null check (completion_tokens >= 0),
  -- The provider did not say how many tokens it were.
  estimated boolean not null,
  cost_nano_usd bigint not null check (cost_nano_usd >= 0),
  latency_ms integer not null check (latency_ms >= 0)
);

create index call_at on call (at);

-- What each tenant has spent in a month (UTC), so that a budget is one look-up.
create table spend (
  tenant text not null,
  month date not null,
  cost_nano_usd bigint not null,
  primary key (tenant, month)
);
