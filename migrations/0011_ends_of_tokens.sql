-- What ends by the passing of time, and what holders are told of it (M9, T2, L3).

-- The last of the periods before its end (30, 7, 1, 0 days) that the present secret has entered; null: none yet. 0: it has expired,
-- and that is recorded. A new secret begins anew.
alter table tokens add column notice_days smallint check (notice_days in (30, 7, 1, 0));
create index tokens_notice_days on tokens (notice_days, expires_at)
  where revoked_at is null and expires_at is not null and notice_days is distinct from 0;
-- Who may be unused for a year was issued a year ago. `last_used_at` stands in no index: it is written all the time.
create index tokens_secret_issued_at on tokens (secret_issued_at, expires_at) where revoked_at is null;

-- Dead rows are taken away by the moment at which they died.
create index sessions_expires_at on sessions (expires_at);
create index password_setups_expires_at on password_setups (expires_at);
create index token_secrets_expires_at on token_secrets (expires_at) where not is_current;

-- What holders are told, and whether a mail says so too. An entry speaks of the token as it was then; the token may be gone.
create table notifications (
  id bigint generated always as identity primary key,
  user_id bigint not null references users (id) on delete cascade,
  type text not null check (type in ('token_expiring', 'token_expired', 'token_revoked', 'session_revoked',
    'request_approved', 'request_denied', 'grant_revoked')),
  created_at timestamptz not null default now(),
  token_id bigint,
  token_name text,
  token_kind text check (token_kind in ('classic', 'fine_grained')),
  organization text,
  -- Why it was revoked, or what the reviewer said.
  reason text check (char_length(reason) <= 1024),
  days_left smallint,
  expires_at timestamptz,
  -- When a mail is to be tried next; null: none is to be sent, or it has been.
  mail_due_at timestamptz default now(),
  mail_attempts smallint not null default 0,
  mailed_at timestamptz,
  constraint notifications_token check (num_nonnulls(token_id, token_name, token_kind) in (0, 3))
);
create index notifications_user_id on notifications (user_id, id desc);
create index notifications_mail_due_at on notifications (mail_due_at) where mail_due_at is not null;
create index notifications_created_at on notifications (created_at);

-- The right to say that an address is one's own: one a person, for the address that he had when he asked. Only a digest is stored.
create table email_verifications (
  user_id bigint primary key references users (id) on delete cascade,
  digest text not null,
  email text not null,
  expires_at timestamptz not null
);
create index email_verifications_expires_at on email_verifications (expires_at);
