"""The console's menu: only what the role may open."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor
from accounts.routes import ROUTES


@dataclass(frozen=True, slots=True)
class Entry:
    """One menu line; `routes` are the pages on which it is the current one."""

    label: Promise
    route: str
    icon: str
    routes: frozenset[str]


ENTRIES = (
    Entry(
        _("Orders"),
        "console:orders",
        "shopping-bag",
        frozenset(
            {
                "console:orders",
                "console:order",
                "console:return_start",
                "console:return_rmas",
                "console:return_done",
            }
        ),
    ),
    Entry(
        _("Returns"),
        "console:returns",
        "arrow-uturn-left",
        frozenset(
            {
                "console:returns",
                "console:return",
                "console:return_close",
                "console:return_reopen",
                "console:return_cancel",
                "console:rma_approve",
                "console:rma_deny",
                "console:rma_cancel",
                "console:shipment_add",
            }
        ),
    ),
    Entry(
        _("Imports"),
        "console:imports",
        "arrow-up-tray",
        frozenset({"console:imports", "console:import", "console:import_upload"}),
    ),
)


def navigation(actor: Actor) -> list[Entry]:
    """The entries whose route `actor` may open."""
    return [entry for entry in ENTRIES if actor.may(ROUTES[entry.route].permission)]
