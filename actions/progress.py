"""The counters of a return after something about it changed; lists and turns read them (F4, X4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from django.db.models import F
from django.utils import timezone

from core.money import ZERO
from core.tenancy import whole_merchant
from returns.models import Return, ReturnLine
from returns.states import UNDECIDED
from returns.turns import Progress, waits_on
from rmas.models import Rma, RmaLine, Side
from rmas.states import ENDED, summarise

FIELDS = [
    "rma_summary",
    "rma_count",
    "approved_units",
    "denied_units",
    "shipped_units",
    "received_units",
    "rma_numbers",
    "vendor_names",
    "waits_on",
    "waits_since",
    "version",
]


def refresh(found: Return, *changed: str) -> None:
    """Count `found`'s RMAs anew, find out whose turn it is, and save that with fields `changed`.

    `found` must be locked. What only a canceled or voided RMA says does not count. All RMAs count,
    those of other vendors too, whoever acts.
    """
    with whole_merchant():
        _count(found)
    found.version += 1
    found.save(update_fields=list(dict.fromkeys([*FIELDS, *changed])))


def _count(found: Return) -> None:
    rmas = list(
        Rma.objects.filter(merchant_id=found.merchant_id, customer_return=found)
        .select_related("vendor")
        .prefetch_related("lines")
        .order_by("pk")
    )
    live = [rma for rma in rmas if rma.status not in ENDED]
    lines = [line for rma in live for line in rma.lines.all()]
    found.rma_summary = summarise(rma.status for rma in rmas)
    found.rma_count = len(rmas)
    found.rma_numbers, found.vendor_names = listed(
        [rma.number for rma in rmas], [rma.vendor.name for rma in rmas]
    )
    found.approved_units = sum(line.approved for line in lines)
    found.shipped_units = sum(line.shipped for line in lines)
    if found.source != Return.Source.IMPORT:
        found.received_units = sum(line.received for line in lines)
    found.denied_units = _denied(found, lines)
    set_turn(found, rmas)


def listed(numbers: Iterable[str], vendors: Iterable[str]) -> tuple[str, str]:
    """RMA numbers as they came in, and each of their vendors once, as a return lists them.

    The alphabet is the database's "C", as in the trigger that renames vendors.
    """
    return ", ".join(numbers), ", ".join(sorted(set(vendors)))


def set_turn(found: Return, rmas: Iterable[Rma]) -> None:
    """Write whose turn it is onto `found`, unsaved; the clock runs on while it stays theirs."""
    rmas = list(rmas)
    live = [rma for rma in rmas if rma.status not in ENDED]
    who = waits_on(
        Progress(
            status=found.status,
            rma_summary=found.rma_summary,
            asks_vendor=any(
                rma.status in UNDECIDED and not rma.vendor.own_warehouse for rma in rmas
            ),
            asks_merchant=any(
                rma.question_to == Side.MERCHANT
                or (rma.left_to_merchant and rma.status in UNDECIDED)
                for rma in live
            ),
            question_to_vendor=any(rma.question_to == Side.VENDOR for rma in live),
            approved=found.approved_units,
            shipped=found.shipped_units,
            received=found.received_units,
            refund_open=found.refund_open != ZERO,
        )
    )
    if who != found.waits_on:
        found.waits_on = who
        found.waits_since = timezone.now()


def hold(deltas: dict[int, int]) -> None:
    """Add to the units that RMAs hold, by return line id, relative to what is stored.

    Relative, so that the CHECK holds even for a writer that forgot the lock.
    """
    changed = [
        ReturnLine(pk=pk, requested=F("requested") + units) for pk, units in deltas.items() if units
    ]
    if changed:
        ReturnLine.objects.bulk_update(changed, ["requested"])


def _denied(found: Return, lines: Iterable[RmaLine]) -> int:
    """Denied units that no other RMA took on: asked for again, they are not denied any more."""
    denied, held = Counter[int](), Counter[int]()
    for line in lines:
        denied[line.return_line_id] += line.denied
        held[line.return_line_id] += line.held
    if not denied.total():
        return 0
    quantities = dict(found.lines.values_list("pk", "quantity"))
    return sum(min(denied[pk], quantities[pk] - held[pk]) for pk in denied)
