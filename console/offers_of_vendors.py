"""What a vendor offers instead of taking goods back, and the link to decide without signing in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from actions.counter_offers import accept_offer, decline_offer, send_decision_link
from console.form_page import FormPage, KeyedForm
from console.rmas import RmaVerb
from core.states import Move
from rmas.models import CounterOffer
from rmas.states import DECIDABLE

ACCEPT, DECLINE = "accept", "decline"


class SendLink(RmaVerb):
    """Mail the vendor a fresh decision link (X7)."""

    move = Move(
        DECIDABLE,
        "",
        "rma.talk",
        gettext_lazy("Send decision link"),
        gettext_lazy("This RMA is %(status)s, so there is nothing to decide."),
    )
    verb = send_decision_link
    done = gettext_lazy("A link to decide %(object)s goes to every user of the vendor.")
    assurance = gettext_lazy("Former links end. The new one works once.")


class OfferForm(KeyedForm):
    """Accept or decline."""

    do = forms.ChoiceField(
        choices=[(ACCEPT, ""), (DECLINE, "")],
        error_messages={"required": gettext_lazy("Choose with one of the buttons.")},
    )
    note = forms.CharField(
        label=gettext_lazy("Note for the timeline"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class OfferPage(FormPage):
    """One offer, and the merchant's answer."""

    template_name = "console/rmas/offer.html"

    def load(self, *, public_id: UUID, **address: Any) -> CounterOffer:
        """The offer with its RMA."""
        offers = CounterOffer.objects.visible_to(self.actor)
        found = offers.select_related("rma__vendor", "rma__customer_return", "made_by")
        return get_object_or_404(found, public_id=public_id)

    def form(self, subject: CounterOffer, data: Any | None = None) -> OfferForm:
        """Two buttons and a note."""
        return OfferForm(data)

    def carry_out(self, subject: CounterOffer, form: Any) -> str:
        """Answer it."""
        facts = {"number": subject.rma.number, "vendor": subject.rma.vendor.name}
        if form.cleaned_data["do"] == ACCEPT:
            accept_offer(self.actor, subject, note=form.cleaned_data["note"])
            return _("%(number)s is approved with the credit that was offered.") % facts
        decline_offer(self.actor, subject, note=form.cleaned_data["note"])
        return _("The offer is declined. %(vendor)s decides %(number)s again.") % facts

    def address_after(self, subject: CounterOffer) -> str:
        """The return's page."""
        found = subject.rma.customer_return
        page = reverse("console:return", args=[self.actor.merchant.slug, found.public_id])
        return f"{page}#rmas"

    def context(self, subject: CounterOffer, form: Any) -> dict[str, Any]:
        """The offer, and what is agreed with it."""
        return {
            "offer": subject,
            "rma": subject.rma,
            "form": form,
            "back": self.address_after(subject),
            "is_open": subject.state == CounterOffer.State.OPEN,
            "credit": subject.rma.cost_total * subject.percent / 100,
        }
