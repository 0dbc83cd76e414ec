-- The same forms, said so that they cost little: a count of repetitions in a regular expression is a state of its automaton for each of them,
-- made anew for every name. Of a repository that was made or changed it was a third of the work. What is there has been looked at by the
-- constraints that go; the next step looks once more, beside writers.
alter table repositories
  add constraint repositories_name_form check (
    name ~ '^[A-Za-z0-9._-]+$' and char_length(name) <= 100 and name not in ('.', '..') and lower(right(name, 4)) <> '.git'
  ) not valid,
  drop constraint repositories_name_check;
alter table accounts
  add constraint accounts_login_form check (
    login ~ '^[A-Za-z0-9-]+$' and char_length(login) <= 39 and left(login, 1) <> '-' and right(login, 1) <> '-'
  ) not valid,
  drop constraint accounts_login_check;
