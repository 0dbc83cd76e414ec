-- What stands before the paths that a gateway asks about, and is taken away before they are read: its own mounting points.
alter table clients add column strip_prefixes text[] not null default '{}';
