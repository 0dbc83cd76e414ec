-- Whether somebody is the last of them is asked whenever one changes: they are few, of perhaps millions.
create index concurrently users_site_administrators on users (id) where site_admin;
