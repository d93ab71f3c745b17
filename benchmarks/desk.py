"""The paths of the merchant's desk at scale, each with its limit measured in the same run.

Everything goes through the whole stack as the runtime role: gate, tenant walls, actions, complete
HTML. What is printed per path: median milliseconds, statements, bytes, and the ratio to the limit
that PERFORMANCE names for it.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
import uuid
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Membership, Merchant, User
from accounts.permissions import Role
from benchmarks.desk_data import DataSet, data_set
from benchmarks.export import exported
from core.paging import write_cursor
from core.tenancy import tenant
from exports.resources import ReturnResource
from orders.models import Order
from returns.models import Return

SIZES = (1_000, 50_000, 1_000_000)
DEEP = 5_000
PAGE = 50


@dataclass(frozen=True, slots=True)
class Figure:
    """What one path took: median milliseconds, statements and bytes of the answer."""

    milliseconds: float
    statements: int
    size: int


def run(arguments: list[str]) -> None:
    """Load, measure and print, size by size."""
    parser = argparse.ArgumentParser(prog="./dev bench desk")
    parser.add_argument("--returns", type=int, nargs="+", default=[1_000])
    parser.add_argument("--repeat", type=int, default=15)
    options = parser.parse_args(arguments)
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    overview: dict[int, float] = {}
    for size in options.returns:
        started = time.perf_counter()
        data = data_set(size)
        print(f"\n{size:,} returns over 100 merchants, {int(size * 0.3):,} of them at the hot one")
        print(f"  there after {time.perf_counter() - started:.1f} s")
        overview[size] = Desk(data, options.repeat).measure()
    if len(overview) > 1:
        first, last = min(overview), max(overview)
        print(
            f"\noverview page 1, {first:,} -> {last:,} returns:"
            f" x{overview[last] / overview[first]:.2f} (goal: at most x1.3)"
        )


class Desk:
    """One person at the hot merchant's console."""

    def __init__(self, data: DataSet, repeat: int) -> None:
        self.data = data
        self.repeat = repeat
        self.merchant = data.hot
        self.user = clerk(data.hot)
        self.client = Client(raise_request_exception=True)
        self.client.force_login(self.user)
        self.list = reverse("console:returns", args=[self.merchant.slug])

    def measure(self) -> float:
        """Every path of the table; the milliseconds of the overview's first page."""
        print(f"  {'path':<34}{'median':>10}{'SQL':>5}{'size':>9}  limit of the same run")
        with self.bound():
            newest = Return.objects.filter(merchant=self.merchant).order_by("-requested_at", "-id")
            sample, total = newest[0], newest.count()
            order = Order.objects.get(pk=newest[total // 2].order_id)
            place = min(PAGE * (DEEP - 1), max(total - PAGE - 1, 0))
            deep = newest[place]
        first = self.page("overview, page 1", self.list)
        cursor = write_cursor(deep.requested_at, deep.pk)
        name = f"overview, page {place // PAGE + 1:,}"
        self.page(name, f"{self.list}?after={cursor}", first.milliseconds, "page 1")
        self.page("overview, filtered", f"{self.list}?status=open&rma=waiting&period=90")
        scan = self.sql(SCAN, [self.merchant.pk, f"%{order.number}%"])
        self.page("overview, searched", f"{self.list}?q={order.number}", scan, "unindexed scan")
        self.counts()
        detail = reverse("console:return", args=[self.merchant.slug, sample.public_id])
        self.page("detail", detail)
        self.create()
        self.export()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"  peak memory of this process: {peak:.0f} MB")
        return first.milliseconds

    @contextmanager
    def bound(self) -> Any:
        """As the clerk, at the merchant."""
        with tenant(self.merchant.pk, user=self.user.pk):
            yield

    def page(self, name: str, address: str, limit: float = 0.0, what: str = "") -> Figure:
        """GET the address as often as asked, print and return the median."""
        figure = timed(lambda: self.client.get(address), self.repeat)
        show(name, figure, limit, what)
        return figure

    def sql(self, statement: str, values: list[Any]) -> float:
        """Median milliseconds of a bare statement as the runtime role."""
        times = []
        with self.bound(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            for _time in range(3):
                started = time.perf_counter()
                cursor.execute(statement, values)
                cursor.fetchall()
                times.append((time.perf_counter() - started) * 1000)
        return statistics.median(times)

    def counts(self) -> None:
        """The counts of the left panel, exact, by one GROUPING SETS, as the limit of the page's."""
        exact = self.sql(COUNTS, [self.merchant.pk])
        print(f"  {'all filter counts, exact':<34}{exact:8.1f} ms   what the capped counts avoid")

    def create(self) -> None:
        """The wizard's last submit, with everything before it done outside the clock."""
        times, statements = [], 0
        with self.bound():
            orders = list(
                Order.objects.filter(merchant=self.merchant, returned_units=3).order_by("id")[
                    : self.repeat + 1
                ]
            )
        for order in orders:
            address, answer = self.draft(order)
            counter = Counter()
            with connection.execute_wrapper(counter):
                started = time.perf_counter()
                response = self.client.post(address, answer)
                times.append((time.perf_counter() - started) * 1000)
            if response.status_code != 302 or "done" not in response["Location"]:
                raise RuntimeError(f"The wizard refused: {response.status_code}")
            statements = counter.count
        show("create, the wizard's submit", Figure(statistics.median(times[1:]), statements, 0))

    def draft(self, order: Order) -> tuple[str, dict[str, Any]]:
        """Step one for the third line of the order; where and with what step two is sent."""
        with self.bound():
            line = order.lines.select_related("fulfillment_request").get(position=3)
            vendor = line.fulfillment_request.vendor_id if line.fulfillment_request else 0
            reason = REASON.format(self.merchant.pk)
            with connection.cursor() as cursor:
                cursor.execute(reason)
                reason_id = cursor.fetchone()[0]
        start = reverse("console:return_start", args=[self.merchant.slug, order.public_id])
        answer = self.client.post(
            start,
            {
                "key": str(uuid.uuid4()),
                f"line-{line.pk}-selected": "on",
                f"line-{line.pk}-quantity": "2",
                f"line-{line.pk}-destination": str(vendor),
                f"line-{line.pk}-reason": str(reason_id),
                f"line-{line.pk}-condition": "new",
            },
        )
        return answer["Location"], {f"rma-{vendor}-return_address": "1 Dock Road"}

    def export(self) -> None:
        """Everything of the merchant as CSV against a bare COPY of as many stored columns."""
        copy = min(self.copied() for _time in range(2))
        returns = Return.objects.filter(merchant=self.merchant).order_by("-requested_at", "-id")
        started = time.perf_counter()
        pieces = exported(self.merchant, ReturnResource(zone=self.merchant.timezone), returns)
        rows = sum(piece.count(b"\n") for piece in pieces)
        seconds = time.perf_counter() - started
        print(
            f"  {f'CSV of {rows - 1:,} returns':<34}{seconds * 1000:8.1f} ms"
            f"   {copy / seconds:5.2f} of the rate of a bare COPY (goal: 0.5)"
        )

    def copied(self) -> float:
        """Seconds of a bare COPY of the merchant's returns."""
        started = time.perf_counter()
        with self.bound(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            with cursor.copy(f"COPY (SELECT {STORED} FROM returns_return) TO STDOUT") as copy:
                for _row in copy:
                    pass
        return time.perf_counter() - started


STORED = (
    "number, status, rma_summary, requested_at, order_id, channel_id, customer_id, line_count,"
    " unit_count, approved_units, received_units, rma_count, refund_items, refund_adjustment,"
    " refunded, currency, note, source, version, closed_at"
)
SCAN = """
SELECT made.id FROM returns_return made JOIN orders_order placed ON placed.id = made.order_id
WHERE made.merchant_id = %s AND (made.number || ' ' || placed.number) ILIKE %s"""
COUNTS = """
SELECT status, rma_summary, channel_id, waits_on, count(*) FROM returns_return
WHERE merchant_id = %s
GROUP BY GROUPING SETS ((status), (rma_summary), (channel_id), (waits_on), ())"""
REASON = "SELECT min(id) FROM returns_returnreason WHERE merchant_id = {}"


class Counter:
    """Counts the statements that pass."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Any, *arguments: Any) -> Any:
        self.count += 1
        return execute(*arguments)


def timed(request: Callable[[], Any], repeat: int) -> Figure:
    """The median of some requests after one to warm up; the statements of the last."""
    request()
    times, statements, size = [], 0, 0
    for _time in range(repeat):
        counter = Counter()
        with connection.execute_wrapper(counter):
            started = time.perf_counter()
            response = request()
            times.append((time.perf_counter() - started) * 1000)
        if response.status_code != 200:
            raise RuntimeError(f"Answered {response.status_code}")
        statements, size = counter.count, len(response.content)
    return Figure(statistics.median(times), statements, size)


def show(name: str, figure: Figure, limit: float = 0.0, what: str = "") -> None:
    """One line of the table."""
    ratio = f"  {figure.milliseconds / limit:6.3f} x {what} ({limit:.1f} ms)" if limit else ""
    size = f"{figure.size / 1000:6.0f} kB" if figure.size else " " * 9
    print(f"  {name:<34}{figure.milliseconds:8.1f} ms{figure.statements:4}{size}{ratio}")


def clerk(merchant: Merchant) -> User:
    """The person who asks: an owner of the merchant."""
    email = f"{merchant.slug}@example.com"
    user = User.objects.filter(email=email).first() or User.objects.create_user(email, name="Bench")
    with tenant(merchant.pk):
        Membership.objects.get_or_create(merchant=merchant, user=user, role=Role.OWNER)
    return user
