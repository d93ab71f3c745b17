"""manage.py print_states: the state tables of returns and RMAs in Markdown, for docs/domain.md."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from rmas.state_tables import state_tables


class Command(BaseCommand):
    """Prints what docs/domain.md shows between its marks."""

    help = "Print the state tables of returns and RMAs in Markdown."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Print them."""
        self.stdout.write(state_tables())
