-- Which nodes answer from memory, and what each has taken into account: for who must know that a change is in force everywhere.
--
-- A node answers from memory only until `bound_ms` after a question to this database that found its own row with a lease of at least
-- that length still to run. So what is not in force yet is in force when of every row either the epoch has reached it, or the lease is
-- over, or `bound_ms` have passed since it was committed. A node renews its row about once a second while it is used, and at once
-- when somebody waits.
create table nodes (
  id bigint generated always as identity primary key,
  -- The number of the last commit that it has said to have taken into account.
  epoch bigint not null,
  bound_ms integer not null,
  lease_ends_at timestamptz not null
) with (fillfactor = 50);

-- The highest number that somebody waits for, or has waited for.
create table change_waits (
  only_row boolean primary key default true check (only_row),
  epoch bigint not null
);
insert into change_waits (epoch) values (0);
