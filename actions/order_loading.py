"""Loading a file of orders in one transaction; the same file twice changes nothing (F3)."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import BinaryIO

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.models import Vendor
from actions.arrivals import Arrivals
from actions.base import action
from actions.historical_returns import load_returns
from actions.load_report import CREATED, KIND_OF_REASON, ROW_KINDS, LoadReport
from actions.order_blocks import Assembler, Block
from actions.order_staging import WHILE_LOADING, Staging, local_settings
from actions.return_matching import Cancellation
from audit.record import record, record_all
from core.errors import Refused
from orders.models import Channel, OrderImport, Product
from orders.readers import FORMATS
from orders.readers.base import Reader, Reason, Reject

Progress = Callable[[int, int | None], None]

MOST_REJECTS = 100_000


@action("order.import")
def load_orders(
    actor: Actor,
    source: BinaryIO,
    *,
    format: str,  # noqa: A002 - the word people use for it
    file_name: str,
    order_import: OrderImport | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> LoadReport:
    """Load the orders of `source`, a file in one of `orders.readers.FORMATS`.

    Good rows are loaded, others listed in the report with line, column and reason. Invoices and
    cancellations that are there already stay as they are. `dry_run` does all of it and undoes it.
    `progress` is told how many rows are done, and of how many once that is known. Raises Refused
    when the file as a whole cannot be used; nothing is loaded then.
    """
    reader = FORMATS.get(format)
    if reader is None:
        raise Refused(
            _("“%(format)s” is not a known format. Choose one of: %(known)s.")
            % {"format": format, "known": ", ".join(FORMATS)}
        )
    started = perf_counter()
    with _no_search_for_cycles(), transaction.atomic(), local_settings(WHILE_LOADING):
        _wait_for_other_loads(actor)
        channel = _channel(actor, reader)
        load = _Load(actor, channel, reader, LoadReport(file_name, format, dry_run), progress)
        arrivals = Arrivals(actor)
        report = load.run(source)
        about = order_import or channel
        record(
            actor,
            "import.finished",
            about,
            file=file_name,
            orders=report.created["orders"],
            rejected=len(report.rejects),
        )
        record_all(arrivals.events(about))
        if dry_run:
            transaction.set_rollback(True)
    report.seconds = perf_counter() - started
    return report


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Pause the garbage collector: a load makes many objects that stay, and none in a cycle.

    It would look at all of them again and again, for a tenth of the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _Load:
    """One run over one file."""

    def __init__(
        self,
        actor: Actor,
        channel: Channel,
        reader: Reader,
        report: LoadReport,
        progress: Progress | None,
    ) -> None:
        self._reader = reader
        self._report = report
        self._progress = progress
        self._currency = actor.merchant.currency
        self._assembler = Assembler(
            actor.merchant.zone, self._currency, _vendors(actor), _warehouse(actor).pk
        )
        self._staging = Staging(
            merchant_id=actor.merchant_id, channel_id=channel.pk, currency=self._currency
        )

    def run(self, source: BinaryIO) -> LoadReport:
        with self._staging as staging:
            self._write_blocks(self._assembler.blocks(self._reader.read(source)))
            staging.adjust_late(self._assembler.late(), self._assembler.late_titles)
            staging.spread_discounts(self._assembler.discounts())
            cancellations = load_returns(staging, self._assembler, self._currency)
            self._sum_up(cancellations)
        if self._progress:
            self._progress(self._report.rows, self._report.rows)
        return self._report

    def _write_blocks(self, blocks: Iterator[Block]) -> None:
        """Write each block while the next one is being read."""
        block = next(blocks, None)
        while block is not None:
            with self._staging.writing(block):
                self._take_note(block)
                following = next(blocks, None)
            block = following
            if self._progress:
                self._progress(self._report.rows, None)

    def _take_note(self, block: Block) -> None:
        report = self._report
        report.rows += block.rows
        report.rejects += block.rejects
        if len(report.rejects) > MOST_REJECTS:
            first = report.rejects[0]
            raise Refused(
                _("More than 100,000 rows cannot be used. The first, line %(line)s: %(reason)s")
                % {"line": first.line, "reason": first.sentence}
            )

    def _sum_up(self, cancellations: list[Cancellation]) -> None:
        report, read = self._report, self._assembler.counts
        report.rejects += [
            Reject(one.row.line, self._reader.quantity_column, one.reason, one.row.raw)
            for one in cancellations
            if one.reason
        ]
        report.rejects.sort(key=lambda reject: reject.line)
        counts = Counter(KIND_OF_REASON.get(one.reason, "unreadable") for one in report.rejects)
        returned = [one for one in cancellations if not one.reason]
        counts.update(
            sales=read["sales"],
            guest_sales=read["guest_sales"],
            charges=read["charges"],
            returns=len(returned),
        )
        there, different = self._staging.existing()
        names = {invoice.number: invoice.name for invoice in self._assembler.invoices.values()}
        report.counts = {kind: counts[kind] for kind in ROW_KINDS}
        report.created = {table: self._staging.created[table] for table in CREATED}
        report.different = [names[number] for number in different]
        report.existing = {
            "orders": there,
            "different_orders": len(different),
            "returned_rows": sum(one.is_recorded for one in returned),
        }
        report.facts = {
            "invoices": len(names)
            + len({one.raw[:1] for one in report.rejects if one.reason is Reason.BAD_DEBT}),
            "cancellations": len({one.invoice for one in self._assembler.returns}),
            "sales_at_zero": read["sales_at_zero"],
            "units_returned": sum(one.units for one in returned),
            "orders_of_charges_only": sum(
                invoice.emitted and not invoice.line_count
                for invoice in self._assembler.invoices.values()
            ),
        }


def is_free(merchant_id: int) -> bool:
    """Whether no load of the merchant runs; then none can start until the transaction ends."""
    return bool(_lock_loads("pg_try_advisory_xact_lock", merchant_id))


def _wait_for_other_loads(actor: Actor) -> None:
    """Loads of one merchant run one after the other; the lock ends with the transaction."""
    _lock_loads("pg_advisory_xact_lock", actor.merchant_id)


def _lock_loads(function: str, merchant_id: int) -> object:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {function}(hashtextextended('order.import', %s))",
            [merchant_id],
        )
        return cursor.fetchone()[0]


def _channel(actor: Actor, reader: Reader) -> Channel:
    code, name = reader.channel
    return Channel.objects.get_or_create(
        merchant=actor.merchant, code=code, defaults={"name": name}
    )[0]


def _vendors(actor: Actor) -> dict[str, int]:
    """Who fulfils the products that do not lie in the merchant's own warehouse, by SKU."""
    products = Product.objects.filter(merchant=actor.merchant, vendor__isnull=False)
    return dict(products.values_list("sku", "vendor_id"))


def _warehouse(actor: Actor) -> Vendor:
    vendors = Vendor.objects.filter(merchant=actor.merchant)
    if found := vendors.filter(own_warehouse=True).first():
        return found
    codes = ("own-warehouse", *(f"own-warehouse-{place}" for place in range(2, 100)))
    taken = set(vendors.filter(code__in=codes).values_list("code", flat=True))
    return Vendor.objects.create(
        merchant=actor.merchant,
        name=_("Own warehouse"),
        code=next(code for code in codes if code not in taken),
        own_warehouse=True,
    )
