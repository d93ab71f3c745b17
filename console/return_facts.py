"""What the page of a return shows, gathered in a handful of statements (F6, X1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Prefetch, QuerySet
from django.utils.translation import gettext as _

from accounts.actor import Actor
from console.return_menu import Choice, choices_of_rma, shipment_address
from console.return_papers import LedgerEntry
from returns.models import Return, ReturnLine
from returns.states import UNDECIDED, ReturnStatus, WaitsOn
from returns.turns import Turn, turn_of
from rmas.automatic import automatic_sentences
from rmas.models import (
    CounterOffer,
    DenyReason,
    Rma,
    RmaFile,
    RmaHandover,
    RmaLine,
    RmaNumber,
    message_count,
)
from rmas.next_steps import next_step, talk_sentence
from rmas.states import DECIDABLE, ENDED
from rmas.vendor_steps import handed_over

Segment = tuple[int, str, str]


def returns_with_rmas(actor: Actor) -> QuerySet[Return]:
    """Returns with order, invoice and RMAs: what their page and its menus read."""
    numbers = RmaNumber.objects.filter(rma=OuterRef("pk")).order_by("-id").values("number")
    lines = RmaLine.objects.select_related(None).order_by("id")
    rmas = (
        Rma.objects.visible_to(actor)
        .select_related("vendor", "decided_by")
        .annotate(all_numbers=ArraySubquery(numbers), message_count=message_count())
        .prefetch_related(
            Prefetch("lines", queryset=lines),
            Prefetch("offers", queryset=CounterOffer.objects.filter(state="open")),
            Prefetch("handovers", queryset=RmaHandover.objects.visible_to(actor)),
            Prefetch("files", queryset=RmaFile.objects.visible_to(actor).order_by("id")),
        )
        .order_by("id")
    )
    return (
        Return.objects.visible_to(actor)
        .select_related("order__customer", "order__channel", "order__invoice", "created_by")
        .prefetch_related(Prefetch("rmas", queryset=rmas))
    )


def lines_of(found: Return) -> list[ReturnLine]:
    """The lines of `found` with item, reason and destination, known to its RMA lines as well."""
    lines = list(
        ReturnLine.objects.filter(customer_return=found)
        .select_related("order_line__product", "reason__parent", "destination")
        .order_by("id")
    )
    by_id = {line.pk: line for line in lines}
    for rma in found.rmas.all():
        for rma_line in rma.lines.all():
            rma_line.return_line = by_id[rma_line.return_line_id]
    return lines


def turn(found: Return) -> Turn:
    """Whose turn it is, from the RMAs that are loaded."""
    live = [rma for rma in found.rmas.all() if rma.status not in ENDED]
    asked = [rma.vendor.name for rma in live if rma.status in UNDECIDED]
    return turn_of(
        WaitsOn(found.waits_on),
        status=found.status,
        rma_summary=found.rma_summary,
        vendors=list(dict.fromkeys(asked)),
        since=found.waits_since,
        imported=found.source == Return.Source.IMPORT,
        asked=talk_sentence(live),
    )


# --- quantities ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Waterfall:
    """What became of the units of one return line; the parts sum to `requested` (X1)."""

    requested: int
    received: int
    on_its_way: int
    approved: int
    denied: int
    undecided: int
    free: int

    @property
    def segments(self) -> list[Segment]:
        """The parts as the bar draws them: units, word, kind."""
        parts = [
            (self.received, _("received"), "received"),
            (self.on_its_way, _("on its way"), "shipped"),
            (self.approved, _("approved"), "approved"),
            (self.denied, _("denied"), "denied"),
            (self.undecided, _("waiting"), "waiting"),
            (self.free, _("on no RMA"), "voided"),
        ]
        return [part for part in parts if part[0]]

    @property
    def text(self) -> str:
        """The bar in words."""
        parts = ", ".join(f"{units} {word}" for units, word, _kind in self.segments)
        return _("%(requested)s requested: %(parts)s") % {
            "requested": self.requested,
            "parts": parts,
        }


def waterfall(line: ReturnLine, rma_lines: Iterable[RmaLine]) -> Waterfall:
    """The waterfall of `line` over its lines on RMAs that are neither canceled nor voided.

    Denied units that went onto another RMA are counted there, not as denied.
    """
    mine = list(rma_lines)
    held = sum(one.held for one in mine)
    denied = min(sum(one.denied for one in mine), line.quantity - held)
    received = sum(one.received for one in mine)
    moved = sum(max(one.shipped, one.received) for one in mine)
    approved = sum(one.approved for one in mine)
    return Waterfall(
        requested=line.quantity,
        received=received,
        on_its_way=moved - received,
        approved=max(approved - moved, 0),
        denied=denied,
        undecided=sum(one.undecided for one in mine),
        free=max(line.quantity - held - denied, 0),
    )


def waterfalls(found: Return, lines: Iterable[ReturnLine]) -> list[tuple[ReturnLine, Waterfall]]:
    """Each line with its waterfall."""
    of_line = defaultdict(list)
    for rma in found.rmas.all():
        if rma.status not in ENDED:
            for rma_line in rma.lines.all():
                of_line[rma_line.return_line_id].append(rma_line)
    return [(line, waterfall(line, of_line[line.pk])) for line in lines]


# --- RMAs ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RmaCard:
    """One RMA on the page: what may be done first, the rest of its menu, and what is next."""

    rma: Rma
    old_numbers: list[str]
    first: list[Choice]
    menu: list[Choice]
    blocked: list[Choice]
    ship: str
    next_step: str
    automatic: str
    may_send_link: bool
    handed: str
    credits: list[LedgerEntry]

    @property
    def deny_reasons(self) -> dict[int, str]:
        """Why units of a line are denied, by RMA line id."""
        return {
            line.pk: str(DenyReason(line.deny_reason).label) if line.deny_reason else ""
            for line in self.rma.lines.all()
        }


def cards(actor: Actor, found: Return, ledger: list[LedgerEntry]) -> list[RmaCard]:
    """The RMAs of `found`, live ones first."""
    rmas = sorted(found.rmas.all(), key=lambda rma: rma.status in ENDED)
    for rma in rmas:
        rma.customer_return = found
    automatic = automatic_sentences(rmas, actor.merchant)
    return [_card(actor, rma, found, ledger, automatic.get(rma.pk, "")) for rma in rmas]


def _card(
    actor: Actor, rma: Rma, found: Return, ledger: list[LedgerEntry], automatic: str
) -> RmaCard:
    choices = choices_of_rma(actor, rma, found)
    possible = [choice for choice in choices if not choice.why_not]
    is_open = any(line.undecided for line in rma.lines.all())
    first = [choice for choice in possible if is_open and choice.name in ("approve", "decide")]
    return RmaCard(
        rma=rma,
        old_numbers=[one for one in rma.all_numbers if one != rma.number],  # type: ignore[attr-defined]
        first=first,
        menu=[choice for choice in possible if choice not in first],
        blocked=[choice for choice in choices if choice.why_not],
        ship=shipment_address(actor, rma, found),
        next_step=next_step(rma),
        automatic=automatic,
        may_send_link=actor.may("rma.talk")
        and rma.status in DECIDABLE
        and found.status == ReturnStatus.OPEN
        and not rma.vendor.own_warehouse,
        handed=handed_over(rma, rma.handovers.all(), to_vendor=False),
        credits=[entry for entry in ledger if entry.rma_id == rma.pk],
    )
