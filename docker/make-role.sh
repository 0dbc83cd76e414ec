#!/bin/sh
# Run once by the image of PostgreSQL, while its volume is empty: the service signs in as a role that owns its database and is no superuser,
# and the superuser signs in inside of the container only.
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres -v password="$POSTGRES_PASSWORD" <<'END' || exit 1
create role gatehouse login password :'password';
create database gatehouse owner gatehouse;
alter role current_user password null;
END
