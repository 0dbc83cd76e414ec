-- Which database this is, as its nodes know it: a backup that was restored, or a server that was promoted, says so by what the
-- server is and the row still says (promises: section 11, faults F24). Null: no service has started on it yet.

create table database_lineage (
  only_row boolean primary key default true check (only_row),
  -- Of the cluster; another one after a restore into a new cluster.
  system_identifier text,
  -- Of its history; another one after a promotion, and after a recovery to a point in time.
  timeline bigint,
  -- Of the database in it, and of a table of this service: others where a dump was restored in the same cluster.
  database_oid bigint,
  table_oid bigint,
  -- When a node found that the database had been set back to an earlier state; null once that is accepted.
  set_back_at timestamptz
);
insert into database_lineage default values;

-- Numbers of commits that were given out and are none of this database any more, because it was set back: a consistency token that
-- carries one can never be satisfied.
create table lost_epochs (
  after_epoch bigint not null,
  until_epoch bigint not null,
  primary key (after_epoch, until_epoch)
);
