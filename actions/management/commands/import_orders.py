"""`manage.py import_orders`: load an order file for one merchant from the command line (F3)."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actor import Actor
from accounts.models import Merchant
from actions.import_reports import write_rejects
from actions.load_report import LoadReport
from actions.order_loading import load_orders
from core.errors import Refused
from core.tenancy import tenant
from orders.readers import FORMATS


class Command(BaseCommand):
    """Load a file; running it again changes nothing."""

    help = "Load orders from a file. Rows that cannot be used are listed; good ones are loaded."

    def add_arguments(self, parser: CommandParser) -> None:
        """Who, what, and how to report."""
        parser.add_argument("file", help="the file, also gzipped; - reads standard input")
        parser.add_argument("--merchant", required=True, help="the merchant's address name")
        parser.add_argument("--format", required=True, help=f"one of: {', '.join(FORMATS)}")
        parser.add_argument("--dry-run", action="store_true", help="report, but load nothing")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        parser.add_argument(
            "--rejects", metavar="FILE", help="write rejected rows to this CSV file"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and report; every failure is one sentence and exit code 1."""
        merchant = find_merchant(options["merchant"])
        try:
            with open_source(options["file"]) as source, tenant(merchant.pk):
                report = load_orders(
                    Actor.system(merchant),
                    source,
                    format=options["format"],
                    file_name=Path(options["file"]).name,
                    dry_run=options["dry_run"],
                )
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from error
        except Refused as refused:
            raise CommandError(str(refused.message)) from refused
        if options["rejects"]:
            with Path(options["rejects"]).open("w", encoding="utf-8", newline="") as file:
                write_rejects(csv.writer(file), report.format, report.rejects)
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), indent=2))
        else:
            self.print_report(report)

    def print_report(self, report: LoadReport) -> None:
        """The report as a table."""
        would = "would be " if report.dry_run else ""
        self.stdout.write(f"{report.file_name}: {report.rows:,} rows in {report.seconds:.1f} s")
        for title, figures in (
            ("Rows", report.counts),
            (f"What {would}created", report.created),
            ("Already there", report.existing),
            ("In the file", report.facts),
            ("Rejected rows by reason", report.rejects_by_reason),
        ):
            self.stdout.write(f"\n{title}")
            for name, figure in figures.items():
                self.stdout.write(f"  {name.replace('_', ' '):<28}{figure:>12,}")


def find_merchant(slug: str) -> Merchant:
    """The merchant with that address name, else CommandError naming those there are."""
    with tenant(system=True):
        merchants = {merchant.slug: merchant for merchant in Merchant.objects.order_by("slug")}
    if slug not in merchants:
        known = ", ".join(merchants) or "none yet"
        raise CommandError(f"There is no merchant {slug}. There are: {known}.")
    return merchants[slug]


def open_source(name: str) -> BinaryIO:
    """The file as bytes; readers unpack gzip themselves."""
    return sys.stdin.buffer if name == "-" else Path(name).open("rb")
