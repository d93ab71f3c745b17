"""`manage.py load_demo`: three merchants with three weeks of real orders, to look around in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from actions import demo


class Command(BaseCommand):
    """Load the demo once; a database with merchants in it is left alone."""

    help = "Load demo merchants, people and orders, unless there are merchants already."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--sign-ins` only prints who can sign in."""
        parser.add_argument("--sign-ins", action="store_true", help="only print the demo sign-ins")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, or print the sign-ins."""
        if settings.PRODUCTION:
            raise CommandError("The demo has a known password and stays out of production.")
        if options["sign_ins"]:
            self.print_sign_ins()
        elif demo.is_loaded():
            self.stdout.write("There are merchants already; the demo is left out.")
        else:
            demo.load(settings.BASE_DIR / "demo", timezone.localdate(), self.stdout.write)

    def print_sign_ins(self) -> None:
        """One line per person: what they are, address, password."""
        for person in demo.PEOPLE:
            roles = ", ".join(f"{role.label} at {slug}" for slug, role, _vendor in person.places)
            self.stdout.write(f"{person.email:<26} {demo.PASSWORD}   {person.name}: {roles}")
