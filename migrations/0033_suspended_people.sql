-- Whose tokens are dead because he is suspended: few of all, asked for of many at once.

create index users_suspended on users (id) where suspended_at is not null;
