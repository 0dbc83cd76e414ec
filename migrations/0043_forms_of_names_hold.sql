-- Reads the tables; nobody waits for that.
alter table repositories validate constraint repositories_name_form;
alter table accounts validate constraint accounts_login_form;
