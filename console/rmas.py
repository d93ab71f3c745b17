"""RMA verbs in the console (F9)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.models import ReturnAddress, Vendor
from accounts.numbering import peek_numbers
from actions.refusals import why_not_rma
from actions.rma_changes import cancel_rma, edit_rma, process_rma, reprocess_rma, void_rma
from actions.rma_requests import create_rma
from actions.rmas import approve_rma, decide_rma, deny_rma, reopen_rma
from console.return_verbs import ReturnVerb
from console.rma_forms import CreateRmaForm, DecideForm, DenyForm, EditRmaForm, ReprocessForm
from console.verbs import FormVerbView, VerbView
from core.money import quantise
from core.states import Move
from returns.models import Return, ReturnLine
from returns.states import ReturnStatus
from rmas.models import Rma, RmaLine
from rmas.states import MOVES


class RmaVerb(VerbView):
    """A verb of one RMA; afterwards its return is shown."""

    def load(self, *, public_id: UUID, **address: Any) -> Rma:
        """The RMA with its return, its vendor, and its lines with what was bought."""
        lines = RmaLine.objects.select_related("return_line__order_line__product").order_by("id")
        rmas = (
            Rma.objects.visible_to(self.actor)
            .select_related("customer_return", "vendor", "order")
            .prefetch_related(Prefetch("lines", queryset=lines))
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


class RmaFormVerb(FormVerbView, RmaVerb):
    """A verb of one RMA with a form; `name` is its move."""

    name: str

    def why_not(self, subject: Rma) -> str:
        """What the menu says."""
        return why_not_rma(self.actor, self.name, subject, subject.customer_return)


class ApproveRma(RmaVerb):
    """Approve RMA (F9)."""

    move = MOVES["approve"]
    verb = approve_rma
    done = _("%(object)s is approved.")
    undo = "console:rma_reopen"


class DenyRma(RmaVerb):
    """Deny RMA for one coded reason (F9)."""

    move = MOVES["deny"]
    verb = deny_rma
    done = _("%(object)s is denied.")
    form_class = DenyForm
    undo = "console:rma_reopen"


class DecideRma(RmaFormVerb):
    """Approve, deny or both, line by line (F9)."""

    template_name = "console/rmas/decide.html"
    name = "decide"
    move = MOVES["decide"]
    verb = decide_rma
    done = _("%(object)s is decided.")
    form_class = DecideForm
    button = _("Decide")
    undo = "console:rma_reopen"

    def form_facts(self, subject: Rma) -> dict[str, Any]:
        """Its lines."""
        return {"lines": list(subject.lines.all())}


class ReopenRma(RmaVerb):
    """Take the decision back (F9)."""

    move = MOVES["reopen"]
    verb = reopen_rma
    done = _("The decision on %(object)s is open again.")


class ProcessRma(RmaVerb):
    """Process RMA: it has been handed to the vendor (F10)."""

    move = MOVES["process"]
    verb = process_rma
    done = _("%(object)s is processed.")


class ReprocessRma(RmaFormVerb):
    """Re-process RMA: append a new number (F9)."""

    name = "reprocess"
    move = MOVES["reprocess"]
    verb = reprocess_rma
    done = _("%(object)s has a new number. The old one stays and is found.")
    form_class = ReprocessForm
    assurance = _("The old number stays on the RMA and is found when searched for.")


class EditRma(RmaFormVerb):
    """Edit RMA (F9)."""

    template_name = "console/rmas/edit.html"
    name = "edit"
    move = MOVES["edit"]
    verb = edit_rma
    done = _("%(object)s is changed.")
    form_class = EditRmaForm
    button = _("Save changes")

    def form_facts(self, subject: Rma) -> dict[str, Any]:
        """The RMA and its lines."""
        return {"rma": subject, "lines": list(subject.lines.all())}

    def initial(self, subject: Rma) -> dict[str, Any]:
        """The RMA as it is."""
        return {
            "return_address": subject.return_address,
            "rma_note": subject.note,
            "credit_adjustment": quantise(subject.credit_adjustment, subject.currency),
        }


class VoidRma(RmaVerb):
    """Void RMA (F9)."""

    move = MOVES["void"]
    verb = void_rma
    done = _("%(object)s is void. Its units can go onto a further RMA.")


class CancelRma(RmaVerb):
    """Cancel RMA (F9)."""

    move = MOVES["cancel"]
    verb = cancel_rma
    done = _("%(object)s is canceled. Its units can go onto a further RMA.")


class CreateRma(FormVerbView, ReturnVerb):
    """A further RMA on a return, for the units that no RMA holds (F9)."""

    template_name = "console/rmas/create.html"
    move = Move(
        frozenset({ReturnStatus.OPEN}),
        "",
        "rma.create",
        _("Create RMA"),
        _("This return is %(status)s. Re-open it before creating a further RMA."),
    )
    verb = create_rma
    done = _("A further RMA of return %(object)s is created.")
    form_class = CreateRmaForm

    def why_not(self, subject: Return) -> str:
        """The return must be open and have units that are free."""
        if subject.status not in self.move.sources:
            return str(self.move.refusal) % {"status": subject.state.label.lower()}
        if not self.lines(subject):
            return _now(
                "Every unit of this return is on an RMA already. Deny, void or cancel one to ask"
                " another vendor."
            )
        return ""

    def lines(self, subject: Return) -> list[ReturnLine]:
        """The lines with free units."""
        lines = ReturnLine.objects.filter(customer_return=subject)
        found = lines.select_related("order_line__product", "customer_return").order_by("id")
        return [line for line in found if line.unrequested]

    def form_facts(self, subject: Return) -> dict[str, Any]:
        """What can be asked for, of whom, and where it may go."""
        vendors = Vendor.objects.visible_to(self.actor).offered().order_by("own_warehouse", "name")
        book = ReturnAddress.objects.visible_to(self.actor).filter(is_active=True)
        proposed = self.request.POST.get("proposed", "")[:40]
        return {
            "lines": self.lines(subject),
            "vendors": list(vendors),
            "book": list(book.order_by("label", "id")),
            "proposed": proposed or peek_numbers(self.actor.merchant_id, "rma")[0],
        }

    def initial(self, subject: Return) -> dict[str, Any]:
        """Where the first of these lines was to go, and the next number."""
        first = next(iter(self.lines(subject)), None)
        return {
            "destination": str(first.destination_id or "") if first else "",
            "number": peek_numbers(self.actor.merchant_id, "rma")[0],
        }
