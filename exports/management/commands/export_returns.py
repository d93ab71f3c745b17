"""`manage.py export_returns`: a CSV file of one merchant to standard output (F14)."""

from __future__ import annotations

import sys
from typing import Any, BinaryIO, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.http import QueryDict

from accounts.actor import Actor
from accounts.models import Merchant
from core.tenancy import tenant
from exports.grains import RESOURCES, day_of, rows_of
from exports.stream import csv_of
from returns.exporting import Grain
from returns.filters import ReturnFilter

FILTERS = ("tab", "status", "rma", "shipment", "waits", "vendor", "channel", "reason", "period")
REPEATED = {"status", "rma", "shipment", "waits", "vendor", "channel", "reason"}


class Command(BaseCommand):
    """Stream the file; memory stays flat however many rows there are."""

    help = "Write the returns, return lines, RMAs or refunds of a merchant as CSV."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose, what one row is, and the overview's filters."""
        parser.add_argument("--merchant", required=True, help="the merchant's address name")
        parser.add_argument(
            "--grain", default=Grain.RETURN, choices=Grain.values, help="what one row is"
        )
        parser.add_argument("--columns", help="names of columns, separated by commas; default: all")
        parser.add_argument("--from", dest="first", help="first day, such as 2026-11-01")
        parser.add_argument("--to", dest="last", help="last day")
        parser.add_argument("--q", help="what the search of the overview finds")
        for name in FILTERS:
            parser.add_argument(
                f"--{name}",
                action="append" if name in REPEATED else "store",
                help=f"as {name}= in the overview's address",
            )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write to standard output; every failure is one sentence and exit code 1."""
        merchant = find_merchant(options["merchant"])
        resource = RESOURCES[options["grain"]](
            zone=merchant.timezone, chosen=self.columns(options["grain"], options["columns"])
        )
        query = self.query(options, merchant)
        with tenant(merchant.pk):
            file = csv_of(
                resource, rows_of(options["grain"], query, Actor.system(merchant)), merchant.pk
            )
        out = cast("BinaryIO", getattr(self.stdout._out, "buffer", sys.stdout.buffer))
        try:
            for piece in file:
                out.write(piece)
            out.flush()
        except BrokenPipeError:
            raise CommandError("Whoever reads the file has gone.") from None

    def columns(self, grain: str, asked: str | None) -> list[str]:
        """The columns asked for; none means all."""
        names = [name.strip() for name in (asked or "").split(",") if name.strip()]
        known = RESOURCES[grain].headings()
        if unknown := [name for name in names if name not in known]:
            there = ", ".join(known)
            raise CommandError(f"There is no column {unknown[0]}. There are: {there}.")
        return names

    def query(self, options: dict[str, Any], merchant: Merchant) -> str:
        """The options as the overview's query string."""
        asked = QueryDict(mutable=True)
        for name in (*FILTERS, "q"):
            values = options[name] or []
            asked.setlist(name, [values] if isinstance(values, str) else values)
        with tenant(merchant.pk):
            found = ReturnFilter(asked, actor=Actor.system(merchant))
            for name, sentences in found.form.errors.items() if not found.is_valid() else ():
                raise CommandError(f"--{name}: {' '.join(sentences)}")
        for name, day in (("from", options["first"]), ("to", options["last"])):
            try:
                day_of(day or "")
            except ValueError:
                raise CommandError(f"--{name}: {day} is not a day such as 2026-11-01.") from None
            asked.setlist(name, [day] if day else [])
        return asked.urlencode()


def find_merchant(slug: str) -> Merchant:
    """The merchant with that address name, else CommandError naming those there are."""
    with tenant(system=True):
        merchants = {merchant.slug: merchant for merchant in Merchant.objects.order_by("slug")}
    if slug not in merchants:
        known = ", ".join(list(merchants)[:20]) or "none yet"
        raise CommandError(f"There is no merchant {slug}. There are: {known}.")
    return merchants[slug]
