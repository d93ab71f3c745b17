"""`manage.py import_subscriptions`: load a file of subscriptions and their charges (P1)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actor import Actor
from actions.management.commands.import_orders import find_merchant, open_source
from actions.subscription_loading import SubscriptionReport, load_subscriptions, read_back
from core.errors import Refused
from core.tenancy import tenant
from orders.readers.subscriptions import OPTIONAL, REQUIRED


class Command(BaseCommand):
    """Load a file; running it again changes nothing."""

    help = (
        "Load subscriptions and their charges from a CSV file, one row for each charge."
        f" Columns: {', '.join(REQUIRED)}. Optional: {', '.join(OPTIONAL)}."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Who, what, and how to report."""
        parser.add_argument("file", help="the file, also gzipped; - reads standard input")
        parser.add_argument("--merchant", required=True, help="the merchant's address name")
        parser.add_argument("--dry-run", action="store_true", help="report, but load nothing")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and report; every failure is one sentence and exit code 1."""
        merchant = find_merchant(options["merchant"])
        try:
            with open_source(options["file"]) as source, tenant(merchant.pk):
                report = load_subscriptions(
                    Actor.system(merchant),
                    source,
                    file_name=Path(options["file"]).name,
                    dry_run=options["dry_run"],
                )
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from error
        except Refused as refused:
            raise CommandError(str(refused.message)) from refused
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), indent=2))
        else:
            self.print_report(report)

    def print_report(self, report: SubscriptionReport) -> None:
        """The report as text, rejected rows last."""
        would = "would be " if report.dry_run else ""
        self.stdout.write(f"{report.file_name}: {report.rows:,} rows")
        for name, figure in report.created.items():
            self.stdout.write(f"  {name} {would}created {figure:,}")
        self.stdout.write(f"  charges there already {report.existing:,}")
        self.stdout.write(f"  rejected {len(report.rejects):,}")
        for line in read_back(report.rejects):
            self.stdout.write(f"    {line}")
