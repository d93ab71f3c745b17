"""The verbs of an RMA in the portal: which there are now, and one page for each of them (F15)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import OuterRef, Prefetch, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import Promise

from accounts.actor import Actor
from accounts.routes import ROUTES
from actions.forms_once import once
from actions.refusals import why_not_rma
from core.errors import Refused
from core.notices import done
from core.views import PageView
from orders.models import FulfillmentRequest
from rmas.models import Rma, RmaFile, RmaHandover, RmaLine, RmaNumber, RmaQuerySet, message_count
from rmas.states import MOVES
from vendor_portal.decisions import VendorForm

MENU = ("decide", "approve", "deny", "process", "reprocess")
"""An RMA's verbs in the order of its menu; the first is the one beside it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A verb that is possible now: its address and its word."""

    name: str
    label: str
    address: str
    danger: bool


def choices_of(actor: Actor, rma: Rma) -> list[Choice]:
    """What the vendor may do with `rma` now; Process or Re-process, never both (F10)."""
    return [
        Choice(name, str(MOVES[name].label), address_of(actor, name, rma), MOVES[name].danger)
        for name in MENU
        if actor.may(ROUTES[f"vendor_portal:rma_{name}"].permission)
        and not why_not_rma(actor, name, rma, rma.customer_return)
    ]


def address_of(actor: Actor, name: str, rma: Rma) -> str:
    """Where verb `name` of `rma` is done."""
    return reverse(f"vendor_portal:rma_{name}", args=[actor.merchant.slug, rma.public_id])


def rmas_for(actor: Actor) -> RmaQuerySet:
    """The vendor's RMAs with everything their part of a page shows, and their purchase order."""
    lines = RmaLine.objects.select_related(
        "return_line__order_line__product", "return_line__reason"
    ).order_by("id")
    own = FulfillmentRequest.objects.visible_to(actor).order_by("id")
    of_lines = own.filter(lines__return_lines__rma_lines__rma=OuterRef("pk"))
    of_order = own.filter(order=OuterRef("order"))

    def of_purchase_order(column: str) -> Coalesce:
        return Coalesce(
            Subquery(of_lines.values(column)[:1]), Subquery(of_order.values(column)[:1])
        )

    return (
        Rma.objects.visible_to(actor)
        .select_related("customer_return", "vendor")
        .annotate(
            message_count=message_count(),
            purchase_order=of_purchase_order("public_id"),
            purchase_order_number=of_purchase_order("number"),
        )
        .prefetch_related(
            Prefetch("lines", queryset=lines),
            Prefetch("numbers", queryset=RmaNumber.objects.order_by("id")),
            Prefetch("files", queryset=RmaFile.objects.visible_to(actor).order_by("id")),
            Prefetch("handovers", queryset=RmaHandover.objects.visible_to(actor).order_by("id")),
        )
    )


def page_of_rma(actor: Actor, rma: Rma) -> str:
    """The purchase order of an RMA of `rmas_for`, at the RMA; without one the list."""
    slug = actor.merchant.slug
    purchase_order = rma.purchase_order  # type: ignore[attr-defined]
    if purchase_order is None:
        return reverse("vendor_portal:purchase_orders", args=[slug])
    page = reverse("vendor_portal:purchase_order", args=[slug, purchase_order])
    return f"{page}#rma-{rma.public_id}"


class VendorVerb(PageView):
    """A page with what the verb needs to know (GET) and the action (POST)."""

    template_name = "vendor_portal/verb.html"
    name: ClassVar[str]
    verb: ClassVar[Callable[..., Any]]
    done: ClassVar[Promise]
    lead: ClassVar[Promise | str] = ""
    form_class: ClassVar[type[VendorForm]] = VendorForm

    def load(self, public_id: UUID) -> Rma:
        """The RMA, if it is this vendor's; else Http404."""
        return get_object_or_404(rmas_for(self.actor), public_id=public_id)

    def address_after(self, rma: Rma) -> str:
        """Its purchase order, at the RMA; without one the list."""
        return page_of_rma(self.actor, rma)

    def form_facts(self, rma: Rma) -> dict[str, Any]:
        """What the form needs to know; keyword arguments of its class."""
        return {}

    def page(self, *, public_id: UUID, **address: Any) -> dict[str, Any]:
        """An empty form, or why the verb is not possible."""
        rma = self.load(public_id)
        initial = {"key": uuid.uuid4(), "version": rma.version}
        return self.context(rma, self.form_class(initial=initial, **self.form_facts(rma)))

    def context(self, rma: Rma, form: VendorForm, refusal: str = "") -> dict[str, Any]:
        """What the template shows; `blocked` when the verb is impossible whatever is typed."""
        blocked = why_not_rma(self.actor, self.name, rma, rma.customer_return)
        return {
            "rma": rma,
            "form": form,
            "move": MOVES[self.name],
            "lead": self.lead,
            "blocked": refusal if blocked and refusal else blocked,
            "refusal": refusal,
            "back": self.address_after(rma),
        }

    def sent_form(self, rma: Rma) -> VendorForm:
        """The form as it was sent."""
        return self.form_class(self.request.POST, **self.form_facts(rma))

    def do(self, rma: Rma, form: Any) -> None:
        """Call the action."""
        type(self).verb(self.actor, rma, **form.arguments())

    def post(self, request: Any, *, public_id: UUID, **address: Any) -> HttpResponse:
        """Do it once, or say at the input what is wrong; what was typed stays."""
        rma = self.load(public_id)
        form = self.sent_form(rma)
        if not form.is_valid():
            context = self.context(rma, form)
            return self.render(status=409 if context["blocked"] else 422, **context)

        def work() -> str:
            self.do(rma, form)
            done(request, str(self.done) % {"rma": rma.number})
            return self.address_after(rma)

        try:
            return redirect(once(self.actor, form.cleaned_data["key"], work))
        except Refused as refused:
            return self.refused(form, refused, public_id)

    def refused(self, form: VendorForm, refused: Refused, public_id: UUID) -> HttpResponse:
        """The page again with the sentence, and with the version there is now."""
        rma = self.load(public_id)
        data = form.data.copy()  # type: ignore[attr-defined]
        data["version"] = rma.version
        again = self.form_class(data, **self.form_facts(rma))
        sentence = str(refused.message)
        if again.is_valid() and (name := again.input_of(refused.field)):
            again.add_error(name, sentence)
            sentence = ""
        return self.render(status=409, **self.context(rma, again, sentence))
