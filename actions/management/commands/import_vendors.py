"""`manage.py import_vendors`: vendors and their users of one merchant from a CSV file (F10)."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actor import Actor
from actions.management.commands.import_orders import find_merchant, open_source
from actions.vendor_files import VendorReport, read_vendors
from core.errors import Refused
from core.tenancy import tenant


class Command(BaseCommand):
    """Load a file, all of it or nothing; running it again changes nothing."""

    help = "Add and change vendors from a CSV file, and invite their users."

    def add_arguments(self, parser: CommandParser) -> None:
        """Who, what, and how to report."""
        parser.add_argument("file", help="the file; - reads standard input")
        parser.add_argument("--merchant", required=True, help="the merchant's address name")
        parser.add_argument("--dry-run", action="store_true", help="report, but change nothing")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and report; a file with mistakes ends with exit code 1 and has changed nothing."""
        merchant = find_merchant(options["merchant"])
        try:
            with open_source(options["file"]) as source, tenant(merchant.pk):
                report = read_vendors(
                    Actor.system(merchant), source.read(), dry_run=options["dry_run"]
                )
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from error
        except Refused as refused:
            raise CommandError(str(refused.message)) from refused
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), indent=2))
        else:
            self.print_report(report)
        if report.complaints:
            raise CommandError("The file has mistakes, so nothing was changed.")

    def print_report(self, report: VendorReport) -> None:
        """The report as lines."""
        for kind in ("new", "changed", "unchanged"):
            self.stdout.write(f"{kind:<12}{report.count(kind):>8,}")
        self.stdout.write(f"{'invited':<12}{report.invited:>8,}")
        for one in report.complaints:
            self.stdout.write(f"line {one.line}, {one.column or 'whole line'}: {one.reason}")
