-- By which settings each node answers (faults F25): names with a short digest of the value, of those that have to be the same on all.
-- Null: an older version, which does not say.
alter table nodes add column settings jsonb;
