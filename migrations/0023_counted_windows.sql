-- Counts that nodes share: bad credentials and leak reports of an address, wrong passwords of a login, requests of a holder. Each node
-- counts in memory and adds what it counted about once a second; nothing is decided by these rows but who has to wait.

create table counted_windows (
  -- Of what is counted, and for whom.
  digest text primary key,
  count int not null,
  ends_at timestamptz not null,
  count_max int not null,
  -- Since when no more is allowed, for an order of them; null: there is room.
  full_at timestamptz
);
create index counted_windows_ends_at on counted_windows (ends_at);
create index counted_windows_full_at on counted_windows (full_at) where full_at is not null;
