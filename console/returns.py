"""Returns in the console: the overview (F4, F5), the page (F6) and its verbs (F8)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet, Sum
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_filters import FilterSet

from accounts.models import Vendor
from accounts.routes import ROUTES
from actions.returns import cancel_return, close_return, reopen_return
from audit.models import Event
from audit.timeline import entries
from console.facets import Option, chips, options, shown, tabs
from console.verbs import VerbView
from core.counting import capped_counts
from core.states import Move, open_moves
from core.views import ListPage, PageView
from orders.models import Channel, ChannelInvoice
from returns.filters import PERIODS, TABS, ReturnFilter
from returns.models import RefundEntry, Return, ReturnLine
from returns.states import MOVES as RETURN_MOVES
from returns.states import ReturnStatus, RmaSummary
from rmas.models import Rma, RmaLine
from rmas.states import MOVES as RMA_MOVES
from rmas.states import RmaStatus
from shipments.models import ReturnShipment


class ReturnList(ListPage):
    """The overview of all returns."""

    template_name = "console/returns/list.html"
    filter_class = ReturnFilter
    ordered_by = "requested_at"

    def rows(self, queryset: QuerySet[Return]) -> QuerySet[Return]:
        """With order, customer and the vendors asked, which each row names."""
        rmas = Rma.objects.select_related("vendor").order_by("id")
        return queryset.select_related("order", "customer").prefetch_related(
            Prefetch("rmas", queryset=rmas)
        )

    def more(self, found: FilterSet) -> dict[str, Any]:
        """Tabs, facets with counts, and chips."""
        returns = Return.objects.visible_to(self.actor)
        vendors = list(Vendor.objects.visible_to(self.actor).order_by("name"))
        channels = list(Channel.objects.visible_to(self.actor).order_by("name"))
        questions: dict[tuple[str, str], QuerySet[Any]] = {
            **{("tab", name): returns.filter(q) for name, (_l, q) in TABS.items()},
            **{("status", value): returns.filter(status=value) for value in ReturnStatus.values},
            **{("rma", value): returns.filter(rma_summary=value) for value in RmaSummary.values},
            **{("channel", str(one.pk)): returns.filter(channel=one) for one in channels},
            **{
                ("vendor", str(one.public_id)): Rma.objects.visible_to(self.actor).filter(
                    vendor=one
                )
                for one in vendors
            },
        }
        counts = capped_counts(questions)
        facets = self.facets(counts, vendors, channels)
        labels = {name: label for name, (label, _condition) in TABS.items()}
        tab_counts = {name: counts["tab", name] for name in labels}
        return {
            "tabs": tabs(self.request.GET, labels, tab_counts, default="all"),
            "facets": facets,
            "chips": chips(self.request.GET, facets),
            **self.matching(found),
        }

    def facets(
        self,
        counts: dict[tuple[str, str], int],
        vendors: list[Vendor],
        channels: list[Channel],
    ) -> dict[str, list[Option]]:
        """The left panel."""
        asked = self.request.GET
        return {
            "status": options(asked, "status", _choices(ReturnStatus), counts),
            "rma": options(asked, "rma", _choices(RmaSummary), counts),
            "vendor": options(
                asked, "vendor", [(str(v.public_id), v.name) for v in vendors], counts
            ),
            "channel": options(asked, "channel", [(str(c.pk), c.name) for c in channels], counts),
            "period": options(asked, "period", [(v, str(label)) for v, label in PERIODS], {}),
        }

    def matching(self, found: FilterSet) -> dict[str, Any]:
        """How many returns match, and the same in words, capped."""
        count = capped_counts({"all": found.qs})["all"] if found.is_valid() else 0
        return {"matching": count, "matching_text": shown(count)}


class ReturnPage(PageView):
    """One return: lines, RMAs, refund, related order, timeline, and what may be done."""

    template_name = "console/returns/detail.html"

    def page(self, *, public_id: UUID, **address: Any) -> dict[str, Any]:
        """Everything about the return in a handful of queries."""
        found = get_object_or_404(
            Return.objects.visible_to(self.actor).select_related(
                "order", "order__customer", "order__channel", "created_by"
            ),
            public_id=public_id,
        )
        lines = list(
            ReturnLine.objects.filter(customer_return=found)
            .select_related("order_line__product", "reason", "destination")
            .order_by("id")
        )
        rmas = list(
            Rma.objects.visible_to(self.actor)
            .filter(customer_return=found)
            .select_related("vendor", "decided_by")
            .prefetch_related(
                Prefetch("lines", queryset=RmaLine.objects.select_related("return_line"))
            )
            .order_by("id")
        )
        events = Event.objects.visible_to(self.actor).about("return", found.pk)[:50]
        return {
            "found": found,
            "order": found.order,
            "lines": [(line, _segments(line, rmas)) for line in lines],
            "rmas": [
                (rma, menu_of_rma(self.actor, rma, found), shipment_address(self.actor, rma, found))
                for rma in rmas
            ],
            "menu": self.menu(found),
            "invoice": ChannelInvoice.objects.visible_to(self.actor)
            .filter(order=found.order)
            .first(),
            "shipments": list(
                ReturnShipment.objects.visible_to(self.actor)
                .filter(customer_return=found)
                .select_related("rma")
                .annotate(units=Sum("lines__quantity"))
                .order_by("id")
            ),
            "refunds": list(
                RefundEntry.objects.visible_to(self.actor)
                .filter(customer_return=found)
                .order_by("id")
            ),
            "timeline": entries(events),
        }

    def menu(self, found: Return) -> list[tuple[Move, str, str]]:
        """The return's verbs: (move, address, reason why not or "")."""
        return [
            (
                move,
                reverse(f"console:return_{name}", args=[self.actor.merchant.slug, found.public_id]),
                _why_not(move, found.status, found.state.label),
            )
            for name, move in RETURN_MOVES.items()
            if self.actor.may(ROUTES[f"console:return_{name}"].permission)
        ]


def menu_of_rma(actor: Any, rma: Rma, found: Return) -> list[tuple[Move, str]]:
    """The RMA's verbs that may be done now, with their addresses."""
    if found.status != ReturnStatus.OPEN:
        return []
    return [
        (
            RMA_MOVES[name],
            reverse(f"console:rma_{name}", args=[actor.merchant.slug, rma.public_id]),
        )
        for name in open_moves(RMA_MOVES, rma.status)
        if actor.may(RMA_MOVES[name].permission)
    ]


def shipment_address(actor: Any, rma: Rma, found: Return) -> str:
    """Where a return shipment under `rma` is added, or "" when nothing is left to send."""
    approved = rma.status in (RmaStatus.APPROVED, RmaStatus.PARTIALLY_APPROVED)
    left = any(line.approved > line.shipped for line in rma.lines.all())
    if found.status != ReturnStatus.OPEN or not (approved and left and actor.may("shipment.add")):
        return ""
    return reverse("console:shipment_add", args=[actor.merchant.slug, rma.public_id])


def _why_not(move: Move, status: str, label: Any) -> str:
    if status in move.sources:
        return ""
    return str(move.refusal) % {"status": str(label).lower()}


def _choices(states: Any) -> list[tuple[str, str]]:
    return [(value, str(label)) for value, label in states.choices]


def _segments(line: ReturnLine, rmas: list[Rma]) -> list[tuple[int, str, str]]:
    """The quantity waterfall of one line: approved, denied, and what still waits (X1)."""
    mine = [
        rma_line
        for rma in rmas
        for rma_line in rma.lines.all()
        if rma_line.return_line_id == line.pk
    ]
    approved = sum(one.approved for one in mine)
    denied = sum(one.denied for one in mine)
    waiting = max(line.quantity - approved - denied, 0)
    parts = [
        (approved, str(_("approved")), "approved"),
        (denied, str(_("denied")), "denied"),
        (waiting, str(_("waiting")), "waiting"),
    ]
    return [part for part in parts if part[0]]


class ReturnVerb(VerbView):
    """A verb of one return; afterwards the return is shown."""

    def load(self, *, public_id: UUID, **address: Any) -> Return:
        """The return with its order."""
        returns = Return.objects.visible_to(self.actor).select_related("order")
        return get_object_or_404(returns, public_id=public_id)

    def address_after(self, subject: Return) -> str:
        """The return's page."""
        return reverse("console:return", args=[self.actor.merchant.slug, subject.public_id])


class CloseReturn(ReturnVerb):
    """Close Return (F8)."""

    move = RETURN_MOVES["close"]
    verb = close_return
    done = _("Return %(object)s is closed.")


class ReopenReturn(ReturnVerb):
    """Re-Open Return (F8)."""

    move = RETURN_MOVES["reopen"]
    verb = reopen_return
    done = _("Return %(object)s is open again.")


class CancelReturn(ReturnVerb):
    """Cancel Return (F8)."""

    move = RETURN_MOVES["cancel"]
    verb = cancel_return
    done = _("Return %(object)s is canceled. Its units can be returned again.")
