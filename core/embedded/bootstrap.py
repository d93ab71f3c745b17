"""Roles and database of a new cluster. Every statement may run again."""

from __future__ import annotations

from core.embedded.layout import Layout
from core.embedded.servers import Servers

ROLES = """
DO $$ BEGIN
  IF to_regrole('app_owner') IS NULL THEN CREATE ROLE app_owner LOGIN; END IF;
  IF to_regrole('app_runtime') IS NULL THEN CREATE ROLE app_runtime LOGIN; END IF;
  IF to_regrole('app_backup') IS NULL THEN CREATE ROLE app_backup LOGIN; END IF;
END $$;
ALTER ROLE app_owner NOSUPERUSER NOBYPASSRLS NOCREATEROLE {createdb};
ALTER ROLE app_runtime NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB;
ALTER ROLE app_backup NOSUPERUSER BYPASSRLS NOCREATEROLE NOCREATEDB;
GRANT pg_read_all_data TO app_backup;
"""
DATABASE = """
SELECT 'CREATE DATABASE app OWNER app_owner'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'app') \\gexec
"""
EXTENSIONS = """
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gin;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
"""


def bootstrap(layout: Layout, servers: Servers) -> None:
    """Complete a new cluster: three logins, the database `app`, two extensions.

    Test databases are copies of template1, so it gets the extensions as well.
    """
    if layout.bootstrapped.exists():
        return
    servers.psql("template1", EXTENSIONS)
    createdb = "CREATEDB" if layout.purpose == "test" else "NOCREATEDB"
    servers.psql("postgres", ROLES.format(createdb=createdb) + DATABASE)
    servers.psql("app", EXTENSIONS)
    layout.bootstrapped.touch()
