"""Blocks of an order file on their way through temporary tables into the tenant's tables (F3).

Row-level security refuses COPY, so each block is copied into temporary tables and spread from there
by one INSERT … SELECT per table. Nothing is read back in between: while the server writes a block,
the next one is being parsed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Self

from django.db import connection

from actions.order_blocks import Block
from actions.order_statements import (
    ADJUST_LATE_ORDERS,
    CLEAR,
    COLUMNS,
    COMPARE,
    CREATE,
    DISCOUNT_LINES,
    DISCOUNTED_LINES,
    DROP,
    EXISTING,
    LATE,
    SPREAD,
    TITLE_PRODUCTS,
)
from actions.return_statements import RETURN_COLUMNS
from profiles.pricing import spread_discount


class Staging:
    """The temporary tables of one load and the statements that empty them into the tenant's.

    `created` counts the rows written, by table. Use it as a context manager inside a transaction.
    """

    def __init__(self, *, merchant_id: int, channel_id: int, currency: str) -> None:
        self.created: Counter[str] = Counter()
        self._values: dict[str, Any] = {
            "merchant": merchant_id,
            "channel": channel_id,
            "currency": currency,
        }

    def __enter__(self) -> Self:
        # The triggers that check references keep their plans, perhaps from when tables were empty.
        self.run("DISCARD PLANS")
        for table in CREATE:
            self.run(table)
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        if kind is None:
            self.run(DROP)

    @contextmanager
    def writing(self, block: Block) -> Iterator[None]:
        """Start writing `block`; the body of the `with` runs while the server works.

        The body must not use the database.
        """
        self._copy_block(block)
        keys = {"numbers": block.numbers, "buyers": block.buyers, "skus": block.skus}
        raw = connection.connection
        with connection.wrap_database_errors, raw.pipeline():
            cursors = []
            for table, statement in SPREAD:
                cursors.append((table, raw.cursor()))
                cursors[-1][1].execute(statement, {**self._values, **keys})
            existing = raw.execute(EXISTING)
            yield
        for table, cursor in cursors:
            self.created[table] += cursor.rowcount
        there = [order_id for (order_id,) in existing.fetchall()]
        if there:
            self.run(COMPARE, ids=there)

    def adjust_late(self, block: Block, titles: dict[str, str]) -> None:
        """Correct what was written too early.

        `block` holds orders that got rows after they had been written, as they are now; `titles`
        the names of new products (by SKU) whose first row had none.
        """
        if block.orders:
            self._copy_block(block)
            ids = [order_id for (order_id,) in self.rows(LATE)]
            for statement in ADJUST_LATE_ORDERS:
                self.run(statement, ids=ids)
        if titles:
            self.run(TITLE_PRODUCTS, skus=list(titles), titles=list(titles.values()))

    def spread_discounts(self, discounts: dict[int, Decimal]) -> None:
        """Take what came off the goods of new orders, by number of the invoice, off their lines."""
        if not discounts:
            return
        ids = self.order_ids()
        lines = defaultdict(list)
        for invoice, line_id, total in self.rows(
            DISCOUNTED_LINES, ids=[ids[number] for number in discounts if number in ids]
        ):
            lines[invoice].append((line_id, total))
        parts: dict[int, Decimal] = {}
        for invoice, sold in lines.items():
            amounts = [total for _line_id, total in sold]
            shares = spread_discount(amounts, discounts[invoice], self._values["currency"])
            parts |= {line_id: share for (line_id, _), share in zip(sold, shares, strict=True)}
        if parts:
            self.run(DISCOUNT_LINES, line_ids=list(parts), parts=list(parts.values()))

    def order_ids(self) -> dict[int, int]:
        """Ids of the orders of this file, new or not, by number of the invoice."""
        return dict(self.rows("SELECT invoice, id FROM found_order"))

    def new_order_ids(self) -> set[int]:
        """Ids of the orders this load has made."""
        return {order_id for (order_id,) in self.rows("SELECT id FROM found_order WHERE is_new")}

    def existing(self) -> tuple[int, list[int]]:
        """How many orders were there before, and the invoices of which had other lines."""
        rows = self.rows("SELECT invoice, is_different FROM found_order WHERE NOT is_new")
        return len(rows), sorted(invoice for invoice, is_different in rows if is_different)

    def _copy_block(self, block: Block) -> None:
        self.run(CLEAR)
        self.copy("load_order", block.orders)
        self.copy("load_customer", block.customers)
        self.copy("load_product", block.products)
        self.copy("load_request", block.requests)
        self.copy("load_line", block.lines)

    def copy(self, table: str, texts: Iterable[str]) -> None:
        """Fill temporary `table` with rows in COPY's text format."""
        text = "".join(texts)
        if text:
            columns = (COLUMNS | RETURN_COLUMNS)[table]
            statement = f"COPY {table} ({columns}) FROM STDIN"
            with connection.cursor() as cursor, cursor.copy(statement) as copy:
                copy.write(text)

    def run(self, statement: str, **values: Any) -> int:
        """Run `statement` with merchant, channel, currency and `values`; the rows it touched."""
        with connection.cursor() as cursor:
            cursor.execute(statement, {**self._values, **_written(values)})
            return int(cursor.rowcount)

    def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """The rows of a query, which may name the same values as in `run`."""
        with connection.cursor() as cursor:
            cursor.execute(statement, {**self._values, **_written(values)})
            return list(cursor.fetchall())


def _written(values: dict[str, Any]) -> dict[str, Any]:
    """Lists of ids as array literals: the driver would adapt them one by one."""
    return {
        name: "{" + ",".join(map(str, value)) + "}"
        if isinstance(value, list) and value and isinstance(value[0], int)
        else value
        for name, value in values.items()
    }


# Temporary tables have no statistics, and new rows are in nobody's: nested loops would never end,
# nor would reading a whole table for each row because it was empty a moment ago.
# A load may wait for the one before it, and for orders somebody is working on.
WHILE_LOADING = {
    "enable_seqscan": "off",
    "enable_nestloop": "off",
    "enable_mergejoin": "off",
    "enable_bitmapscan": "off",
    "jit": "off",
    "work_mem": "64MB",
    "lock_timeout": "0",
    "statement_timeout": "0",
}


@contextmanager
def local_settings(settings: dict[str, str]) -> Iterator[None]:
    """Run the statements of this block with `settings`, then as before. Needs a transaction."""
    before = {}
    with connection.cursor() as cursor:
        for name, value in settings.items():
            cursor.execute("SELECT current_setting(%s)", [name])
            before[name] = cursor.fetchone()[0]
            cursor.execute("SELECT set_config(%s, %s, true)", [name, value])
    yield
    if connection.needs_rollback:
        return  # A dry run: undoing it undoes the settings.
    with connection.cursor() as cursor:
        for name, value in before.items():
            cursor.execute("SELECT set_config(%s, %s, true)", [name, value])
