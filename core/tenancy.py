"""The second wall: PostgreSQL row-level security, told per transaction who is asking.

`tenant()` is the one way to say it. The policies themselves are written by the migration
operations in `core.rowsecurity`. Source: C1, DESIGN section 4.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

SETTINGS = ("merchant", "user", "vendor", "customer", "system")


def bind(
    *,
    merchant: int | None = None,
    user: int | None = None,
    vendor: int | None = None,
    customer: int | None = None,
    system: bool = False,
) -> None:
    """Tell the current transaction who is asking (ids); what is not given is cleared.

    Must run inside a transaction: the values end with it.
    """
    values = (merchant, user, vendor, customer, "on" if system else None)
    _write(tuple("" if value is None else str(value) for value in values))


@contextmanager
def tenant(
    merchant: int | None = None,
    *,
    user: int | None = None,
    vendor: int | None = None,
    customer: int | None = None,
    system: bool = False,
) -> Iterator[None]:
    """Open a transaction in which exactly these ids are bound, and restore the former ones after.

    Restoring matters where transactions nest: a released savepoint keeps its settings. After an
    error there is nothing to restore: rolling back brings the former ids back by itself.
    """
    with transaction.atomic():
        before = _read()
        bind(merchant=merchant, user=user, vendor=vendor, customer=customer, system=system)
        yield
        if not connection.needs_rollback:
            _write(before)


@contextmanager
def whole_merchant() -> Iterator[None]:
    """Look at everything of the bound merchant for the length of this block.

    For the counters and number series that all vendors of a merchant share: a verb whose permission
    and object have been checked keeps them, whoever does it. Nothing read in here is shown.
    """
    before = _read()
    if not any(before[2:4]):
        yield
        return
    _write((*before[:2], "", "", before[4]))
    yield
    if not connection.needs_rollback:
        _write(before)


def _read() -> tuple[str, ...]:
    columns = ", ".join(f"coalesce(current_setting('app.{name}', true), '')" for name in SETTINGS)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns}")
        return tuple(cursor.fetchone())


def _write(values: tuple[str, ...]) -> None:
    columns = ", ".join(f"set_config('app.{name}', %s, true)" for name in SETTINGS)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns}", values)
