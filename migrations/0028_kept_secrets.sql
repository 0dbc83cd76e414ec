-- Secrets that are kept to be used again (those of webhooks) may stand here encrypted, which is longer (docs/security.md).

alter table organization_hooks drop constraint organization_hooks_secret_check;
alter table organization_hooks add constraint organization_hooks_secret_check check (char_length(secret) between 1 and 2000) not valid;
alter table organization_hooks drop constraint organization_hooks_previous_secret_check;
alter table organization_hooks add constraint organization_hooks_previous_secret_check
  check (char_length(previous_secret) between 1 and 2000) not valid;
alter table organization_hooks validate constraint organization_hooks_secret_check;
alter table organization_hooks validate constraint organization_hooks_previous_secret_check;
