#!/bin/sh
# Run once by the postgres image, on an empty data folder: the three logins of Backhaul.
#
#   app_owner    owns the tables; migrations only
#   app_runtime  web and workers; owns nothing and cannot look around row-level security
#   app_backup   reads every row, for pg_dump
set -eu

psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set owner="$APP_OWNER_PASSWORD" \
    --set runtime="$APP_RUNTIME_PASSWORD" \
    --set backup="$APP_BACKUP_PASSWORD" <<'SQL'
CREATE ROLE app_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'owner';
CREATE ROLE app_runtime LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'runtime';
CREATE ROLE app_backup LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE BYPASSRLS PASSWORD :'backup';
GRANT pg_read_all_data TO app_backup;
CREATE DATABASE app OWNER app_owner;
REVOKE CONNECT ON DATABASE app FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE app TO app_runtime, app_backup;
SQL

psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname app <<'SQL'
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gin;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
SQL
