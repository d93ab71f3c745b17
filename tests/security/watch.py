"""Looking at the database from outside: what changed, and what real transactions do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, TypeVar

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction

from config import addresses
from tests.plugins.database import LOGIN, owner_login

T = TypeVar("T")

UNWATCHED = ("django_session", "django_migrations")


def build_watch() -> None:
    """A function that tells the state of every table, read as the owner inside our transaction."""
    with owner_login(), connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        names = [name for (name,) in cursor.fetchall() if name not in UNWATCHED]
        states = " UNION ALL ".join(
            f"SELECT '{name}', count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)"
            f" FROM {name} t"
            for name in names
        )
        cursor.execute(
            "CREATE OR REPLACE FUNCTION watch_tables()"
            " RETURNS TABLE (name text, n bigint, s numeric)"
            f" LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$ {states} $$"
        )


def state_of_tables() -> dict[str, tuple[int, Decimal]]:
    """Rows and checksum of every table as this transaction sees them, nothing hidden.

    After an error of the server, which marks the transaction as lost, there is nothing to see.
    """
    if connection.needs_rollback:
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM watch_tables()")
        return {name: (count, checksum) for name, count, checksum in cursor.fetchall()}


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The tables that differ between two states."""
    return sorted(name for name in after if before.get(name) != after[name])


def tear_down() -> None:
    """Empty every table that the world filled, and take the watch away."""
    with owner_login(), connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION IF EXISTS watch_tables()")
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        kept = {"django_migrations", "django_content_type", "auth_permission"}
        names = [name for (name,) in cursor.fetchall() if name not in kept]
        cursor.execute(f"TRUNCATE {', '.join(names)} RESTART IDENTITY CASCADE")


def for_real(work: Callable[[], T], *, as_owner: bool = False) -> T:
    """`work()` on a connection of its own, where transactions really commit; its result.

    With `as_owner` that connection is the owner's, for whom there is no second wall.
    """
    results: list[Any] = []

    def run() -> None:
        login = dict(connection.settings_dict)
        if as_owner:
            owner = addresses.database(settings.DATABASE_OWNER_URL)
            connection.settings_dict.update({key: owner[key] for key in LOGIN})
        try:
            connection.ensure_connection()
        finally:
            connection.settings_dict.update({key: login[key] for key in LOGIN})
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again below
            results.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if isinstance(results[0], BaseException):
        raise results[0]
    return results[0]


@contextmanager
def undone(*, only_if: bool = True) -> Iterator[None]:
    """Whatever happens inside, the next request finds the world as it was."""
    cache.clear()
    if not only_if:
        yield
        return
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
