"""The verbs of a return: close, re-open, cancel, un-cancel, edit (F8)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from actions.return_edits import edit_return
from actions.returns import cancel_return, close_return, reopen_return, uncancel_return
from console.return_forms import EditForm
from console.return_menu import why_not_return
from console.verbs import FormVerbView, VerbView
from returns.models import Return, ReturnLine
from returns.states import MOVES


class ReturnVerb(VerbView):
    """A verb of one return; afterwards the return is shown."""

    def load(self, *, public_id: UUID, **address: Any) -> Return:
        """The return with its order."""
        returns = Return.objects.visible_to(self.actor).select_related("order__channel")
        return get_object_or_404(returns, public_id=public_id)

    def address_after(self, subject: Return) -> str:
        """The return's page."""
        return reverse("console:return", args=[self.actor.merchant.slug, subject.public_id])


class CloseReturn(ReturnVerb):
    """Close Return (F8)."""

    move = MOVES["close"]
    verb = close_return
    done = _("Return %(object)s is closed.")
    undo = "console:return_reopen"


class ReopenReturn(ReturnVerb):
    """Re-Open Return (F8)."""

    move = MOVES["reopen"]
    verb = reopen_return
    done = _("Return %(object)s is open again.")
    undo = "console:return_close"


class CancelReturn(ReturnVerb):
    """Cancel Return (F8)."""

    move = MOVES["cancel"]
    verb = cancel_return
    done = _("Return %(object)s is canceled. Its units can be returned again.")
    undo = "console:return_uncancel"
    assurance = _(
        "Its units and its refund go back to the order. Goods and inventory stay as they are, and"
        " no money moves."
    )


class UncancelReturn(ReturnVerb):
    """Un-Cancel Return (F8)."""

    move = MOVES["uncancel"]
    verb = uncancel_return
    done = _("Return %(object)s is open again. Its RMAs stay canceled: create new ones.")
    undo = "console:return_cancel"
    assurance = _(
        "Its units and its refund are taken from the order again. Its RMAs stay canceled, and no"
        " money moves."
    )


class EditReturn(FormVerbView, ReturnVerb):
    """Edit Return (F8): reasons, conditions and refunds per line, shipping, adjustment, note."""

    template_name = "console/returns/edit.html"
    move = MOVES["edit"]
    verb = edit_return
    done = _("Return %(object)s is changed.")
    form_class = EditForm
    button = _("Save changes")

    def why_not(self, subject: Return) -> str:
        """Only an open return is edited."""
        return why_not_return("edit", subject, ())

    def form_facts(self, subject: Return) -> dict[str, Any]:
        """The lines with what was bought, and the reasons there are."""
        lines = (
            ReturnLine.objects.filter(customer_return=subject)
            .select_related("order_line__product", "reason")
            .order_by("id")
        )
        return {"actor": self.actor, "found": subject, "lines": list(lines)}

    def initial(self, subject: Return) -> dict[str, Any]:
        """The return as it is."""
        return EditForm.proposal(subject)
