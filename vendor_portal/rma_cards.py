"""The returns inside a purchase order: each with the RMAs that concern this vendor (F15)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Prefetch

from accounts.actor import Actor
from audit.models import Event
from audit.timeline import Entry
from audit.vendor_words import entries_for
from orders.models import FulfillmentRequest
from returns.models import Return
from rmas.automatic import automatic_sentences
from rmas.models import DenyReason, Rma, RmaDraft
from rmas.vendor_steps import handed_over, vendor_step, waits_for_vendor
from shipments.models import ReturnShipment
from vendor_portal.decisions import ReprocessForm
from vendor_portal.verbs import Choice, choices_of, rmas_for

SHOWN = 60


@dataclass(frozen=True, slots=True)
class RmaCard:
    """One RMA as the purchase order shows it."""

    rma: Rma
    choices: list[Choice]
    waits: bool
    step: str
    automatic: str
    handed: str
    old_numbers: list[str]
    has_draft: bool
    reprocess: ReprocessForm | None

    @property
    def reprocess_address(self) -> str:
        """Where the dialog for a new number is sent."""
        return next((one.address for one in self.choices if one.name == "reprocess"), "")

    @property
    def first(self) -> Choice | None:
        """The verb that stands beside the menu, when the vendor is asked for something."""
        return self.choices[0] if self.choices and self.waits else None

    @property
    def menu(self) -> list[Choice]:
        """The others."""
        return [one for one in self.choices if one is not self.first]

    @property
    def deny_reasons(self) -> dict[int, str]:
        """Why units of a line are denied, by RMA line id."""
        return {
            line.pk: str(DenyReason(line.deny_reason).label) if line.deny_reason else ""
            for line in self.rma.lines.all()
        }


@dataclass(frozen=True, slots=True)
class ReturnCard:
    """One return with the vendor's RMAs of it."""

    found: Return
    cards: list[RmaCard] = field(default_factory=list)


def returns_of(actor: Actor, purchase_order: FulfillmentRequest) -> list[ReturnCard]:
    """The returns of `purchase_order`, those that wait for the vendor first, then the newest."""
    shipments = ReturnShipment.objects.visible_to(actor).prefetch_related("lines").order_by("id")
    rmas = list(
        rmas_for(actor)
        .of_purchase_order(purchase_order, purchase_order.order_id)
        .prefetch_related(Prefetch("shipments", queryset=shipments))
        .order_by("-requested_at", "-id")
    )
    drafts = RmaDraft.objects.visible_to(actor).filter(rma__in=[rma.pk for rma in rmas])
    drafted = set(drafts.values_list("rma_id", flat=True))
    automatic = automatic_sentences(rmas, actor.merchant)
    by_return: dict[int, ReturnCard] = {}
    for rma in rmas:
        card = by_return.setdefault(rma.customer_return_id, ReturnCard(rma.customer_return))
        sentence = automatic.get(rma.pk, "")
        card.cards.append(_card(actor, rma, sentence, has_draft=rma.pk in drafted))
    for one in by_return.values():
        one.cards.sort(key=lambda card: not card.waits)
    return sorted(by_return.values(), key=lambda one: not any(card.waits for card in one.cards))


def _card(actor: Actor, rma: Rma, automatic: str, *, has_draft: bool) -> RmaCard:
    choices = choices_of(actor, rma)
    form = None
    if any(one.name == "reprocess" for one in choices):
        seen = {"key": uuid.uuid4(), "version": rma.version}
        form = ReprocessForm(initial=seen, auto_id=f"{rma.public_id}-%s")
    return RmaCard(
        rma=rma,
        choices=choices,
        reprocess=form,
        waits=waits_for_vendor(rma),
        step=vendor_step(rma, actor.merchant.name),
        automatic=automatic,
        handed=handed_over(rma, rma.handovers.all(), to_vendor=True),
        old_numbers=[one.number for one in rma.numbers.all() if one.number != rma.number],
        has_draft=has_draft,
    )


def timeline(actor: Actor, rmas: Iterable[Rma]) -> list[Entry]:
    """What happened to `rmas`, newest first, in the vendor's words."""
    ids = [rma.pk for rma in rmas]
    events = Event.objects.visible_to(actor).filter(noun="rma", object_id__in=ids)
    return entries_for(actor, events.order_by("-id")[:SHOWN])
