"""How long the files of many returns take, against plain COPYs in the same run.

Goal (PERFORMANCE): at least half the rate of a plain COPY; the first byte within 100 ms; at most
10 MB more memory, however many rows. The limit is COPY of as many columns that one table stores;
the second line is what joining orders, channels and customers costs before any cell is printed.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection

from accounts.models import Merchant
from benchmarks.order_import import new_merchant
from core.tenancy import tenant
from exports.columns import Gathered
from exports.resources import ReturnResource
from exports.stream import LARGE, csv_of
from returns.models import Return

GOAL = 0.5
STORED = (
    "number, status, rma_summary, requested_at, order_id, channel_id, customer_id, line_count,"
    " unit_count, approved_units, received_units, rma_count, refund_items, refund_adjustment,"
    " refunded, currency, note, source, version, closed_at, public_id"
)
FILL = (
    (
        "INSERT INTO orders_channel (merchant_id, name, code, kind)"
        " VALUES (%(m)s, 'Shop', 'shop', 'standard')"
    ),
    (
        "INSERT INTO accounts_vendor (merchant_id, public_id, name, code, own_warehouse, email,"
        " return_address) SELECT %(m)s, gen_random_uuid(), 'Vendor ' || n, 'vendor-' || n, false,"
        " '', ''"
        " FROM generate_series(1, 20) n"
    ),
    (
        "INSERT INTO accounts_customer (merchant_id, number, name, email) SELECT %(m)s, 'C' || n,"
        " 'Customer ' || n, 'c' || n || '@example.com' FROM generate_series(0, %(n)s / 3) n"
    ),
    (
        "INSERT INTO orders_order (merchant_id, channel_id, customer_id, number, placed_at,"
        " currency, paid_total) SELECT %(m)s, (SELECT id FROM orders_channel), c.id, 'O' || n,"
        " now(), 'GBP', 100"
        " FROM generate_series(1, %(n)s) n JOIN (SELECT id, row_number() OVER () - 1 AS place"
        " FROM accounts_customer) c ON c.place = n / 3"
    ),
    (
        "INSERT INTO returns_return (merchant_id, order_id, channel_id, customer_id, number,"
        " status, rma_summary, source, currency, line_count, unit_count, rma_count, approved_units,"
        " refund_items, refund_adjustment, requested_at, note, order_number, channel_name,"
        " customer_number, customer_name, customer_email, rma_numbers, vendor_names)"
        " SELECT merchant_id, id, channel_id, customer_id, 'R' || number, 'open', 'waiting',"
        " 'console', 'GBP', 2, 3, 1, 1, 24.98, -1, now() - id * interval '1 minute',"
        " 'Two of three are broken', number, 'Shop', 'C' || substr(number, 2),"
        " 'Customer ' || substr(number, 2), 'c' || substr(number, 2) || '@example.com',"
        " 'RMAR' || number, 'Vendor ' || id %% 20 + 1 FROM orders_order"
    ),
    (
        "INSERT INTO rmas_rma (merchant_id, customer_return_id, order_id, vendor_id, number,"
        " status, return_address, note, currency, credit_adjustment, requested_units,"
        " approved_units, denied_units, version) SELECT r.merchant_id, r.id, r.order_id, v.id,"
        " 'RMA' || r.number, 'waiting', '', '', 'GBP', 0, 3, 1, 0, 1 FROM returns_return r"
        " JOIN (SELECT id,"
        " row_number() OVER () - 1 AS place FROM accounts_vendor) v ON v.place = r.id %% 20"
    ),
)


COLUMNS = [
    name
    for name in ReturnResource.headings()
    if name
    not in (
        "waits_on",
        "closed",
        "denied_units",
        "shipped_units",
        "refund_shipping",
        "adjustment_reason",
    )
]

# Of those, what needs no other table.
OWN = [
    name
    for name in COLUMNS
    if name not in ("order", "channel", "rma_numbers", "vendors") and "customer" not in name
]


def run(arguments: list[str]) -> None:
    """Fill a new merchant, measure and print."""
    parser = argparse.ArgumentParser(prog="./dev bench export")
    parser.add_argument("--returns", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args(arguments)
    merchant = filled(options.returns)
    waiting = Return.objects.filter(merchant=merchant).order_by("-requested_at", "-id")
    exporter = ReturnResource(zone=merchant.timezone, chosen=COLUMNS)
    own = {c.attribute: c.of for c in exporter.columns if not isinstance(c, Gathered)}
    joined = waiting.order_by().values(**own).query.sql_with_params()
    ways: dict[str, Callable[[], Iterator[bytes]]] = {
        "plain COPY, stored columns": lambda: plain(
            merchant, f"SELECT {STORED} FROM returns_return", ()
        ),
        "plain COPY, joined columns": lambda: plain(merchant, *joined),
        "the export": lambda: exported(merchant, exporter, waiting),
        "the export, own columns": lambda: exported(
            merchant, ReturnResource(zone=merchant.timezone, chosen=OWN), waiting
        ),
    }
    best: dict[str, float] = {}
    for name, way in ways.items():
        before = peak()
        times = [timed(way) for _time in range(options.repeat)]
        best[name] = min(total for _first, total in times)
        first = min(first for first, _total in times)
        ratio = best["plain COPY, stored columns"] / best[name]
        print(
            f"{name:<28}{best[name]:8.2f} s  {options.returns / best[name]:10,.0f} rows/s"
            f"  {ratio:5.2f} x  first byte {first * 1000:5.0f} ms  +{peak() - before:.1f} MB"
        )
    print(f"goal: {GOAL} x the first line; {len(COLUMNS)} columns, {len(OWN)} of them own")


def filled(returns: int) -> Merchant:
    """A new merchant with that many returns, one RMA each."""
    merchant = new_merchant()
    with tenant(merchant.pk), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        for statement in FILL:
            cursor.execute(statement, {"m": merchant.pk, "n": returns})
    return merchant


def exported(merchant: Merchant, exporter: ReturnResource, rows: Any) -> Iterator[bytes]:
    """What the console sends."""
    with tenant(merchant.pk):
        return csv_of(exporter, rows, merchant.pk)


def plain(merchant: Merchant, sql: str, params: tuple[Any, ...]) -> Iterator[bytes]:
    """What COPY sends."""
    with tenant(merchant.pk), connection.cursor() as cursor:
        cursor.execute(LARGE)
        with cursor.copy(f"COPY ({sql}) TO STDOUT WITH (FORMAT csv)", params) as copy:
            yield from (bytes(row) for row in copy)


def timed(way: Callable[[], Iterator[bytes]]) -> tuple[float, float]:
    """Seconds to the first piece and to the last."""
    started = time.perf_counter()
    first = 0.0
    for _piece in way():
        first = first or time.perf_counter() - started
    return first, time.perf_counter() - started


def peak() -> float:
    """The most memory this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
