"""The columns the overview can show, and which of them one person sees (F4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, and whether it is drawn at the end of its cell like money."""

    label: Promise
    kind: str = ""


# In the order in which they stand on the page. The first one is the way into the return.
COLUMNS: dict[str, Column] = {
    "return": Column(_("Return")),
    "order": Column(_("Order")),
    "customer": Column(_("Customer")),
    "lines": Column(_("Lines")),
    "progress": Column(_("Progress")),
    "rma": Column(_("RMA")),
    "shipped": Column(_("Shipment")),
    "waiting": Column(_("Waiting on")),
    "reason": Column(_("Reason")),
    "channel": Column(_("Channel")),
    "age": Column(_("Age")),
    "requested": Column(_("Requested")),
    "total": Column(_("Total"), "end"),
}
ALWAYS = "return"
DEFAULT = (
    ALWAYS,
    "customer",
    "lines",
    "progress",
    "rma",
    "waiting",
    "requested",
    "total",
)


def in_order(chosen: Iterable[str]) -> tuple[str, ...]:
    """The known ones of `chosen` as the page shows them; the return itself is always there."""
    wanted = {ALWAYS, *chosen}
    return tuple(name for name in COLUMNS if name in wanted)
