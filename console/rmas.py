"""RMA verbs in the console."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from actions.rmas import approve_rma, cancel_rma, deny_rma
from console.verbs import VerbForm, VerbView
from rmas.models import Rma
from rmas.states import MOVES


class RmaVerb(VerbView):
    """A verb of one RMA; afterwards its return is shown."""

    takes_note = True

    def load(self, *, public_id: UUID, **address: Any) -> Rma:
        """The RMA with its return and vendor."""
        rmas = Rma.objects.visible_to(self.actor).select_related(
            "customer_return", "vendor", "order"
        )
        return get_object_or_404(rmas, public_id=public_id)

    def address_after(self, subject: Rma) -> str:
        """The return's page."""
        return reverse(
            "console:return", args=[self.actor.merchant.slug, subject.customer_return.public_id]
        )

    def label_after(self, subject: Rma) -> str:
        """The return's number."""
        return subject.customer_return.number

    def arguments(self, form: VerbForm) -> dict[str, Any]:
        """The version seen and the note."""
        return {"version": form.cleaned_data["version"], "note": form.cleaned_data["note"]}


class ApproveRma(RmaVerb):
    """Approve RMA (F9)."""

    move = MOVES["approve"]
    verb = approve_rma
    done = _("%(object)s is approved.")


class DenyRma(RmaVerb):
    """Deny RMA (F9)."""

    move = MOVES["deny"]
    verb = deny_rma
    done = _("%(object)s is denied.")


class CancelRma(RmaVerb):
    """Cancel RMA (F9)."""

    move = MOVES["cancel"]
    verb = cancel_rma
    done = _("%(object)s is canceled.")
