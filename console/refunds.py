"""Sync Refund of a return and Sync Credit of an RMA: what is outstanding, once (F11, F12)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from actions.credits import sync_credit
from actions.refunds import sync_refund
from console.return_menu import why_not_return
from console.return_verbs import ReturnVerb
from console.rmas import RmaFormVerb
from console.verbs import FormVerbView, VerbForm
from core.money import quantise
from orders.models import Channel, ChannelInvoice
from returns.models import RefundEntry, Return
from returns.states import MOVES as RETURN_MOVES
from rmas.credits import credit_shares
from rmas.models import Rma, RmaLine
from rmas.states import MOVES as RMA_MOVES

NO_MONEY_MOVES = _("It is recorded here. No money moves outside: pay it in the sales channel.")
OF_RESELLER = (
    (RefundEntry.Method.PAID_BACK, _("Pay back: the money goes back to the reseller")),
    (RefundEntry.Method.RESELLER_CREDIT, _("Reseller credit: it is set off against later orders")),
)


class SyncRefundForm(VerbForm):
    """How a reseller gets the money; nothing to choose on other channels."""

    method = forms.ChoiceField(
        label=_("How the reseller gets the money"),
        choices=OF_RESELLER,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how the reseller gets the money.")},
    )
    field_order = ["key", "version", "method", "note"]

    def __init__(self, *args: Any, is_reseller: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_reseller:
            del self.fields["method"]

    def arguments(self) -> dict[str, Any]:
        """The method, if there was one to choose."""
        return {"method": self.cleaned_data.get("method", ""), **super().arguments()}


class SyncRefund(FormVerbView, ReturnVerb):
    """Sync Refund (F8, F12): apply what of the refund record is outstanding."""

    template_name = "console/returns/sync_refund.html"
    move = RETURN_MOVES["sync_refund"]
    verb = sync_refund
    done = _("The refund of return %(object)s is applied.")
    form_class = SyncRefundForm
    assurance = NO_MONEY_MOVES

    def why_not(self, subject: Return) -> str:
        """Something must be outstanding."""
        return why_not_return("sync_refund", subject, ())

    def form_facts(self, subject: Return) -> dict[str, Any]:
        """Whether the order came from a reseller."""
        return {"is_reseller": subject.order.channel.kind == Channel.Kind.RESELLER}

    def more(self, subject: Return, form: Any) -> dict[str, Any]:
        """The invoice with its net balance before and after."""
        invoice = ChannelInvoice.objects.visible_to(self.actor).filter(order=subject.order).first()
        before = invoice.total - subject.order.refunded if invoice else None
        after = before - subject.refund_open if before is not None else None
        return {"invoice": invoice, "before": before, "after": after}


class SyncCreditForm(VerbForm):
    """The vendor's own number of the credit."""

    reference = forms.CharField(label=_("Credit number"), required=False, max_length=60)
    field_order = ["key", "version", "reference", "note"]

    def arguments(self) -> dict[str, Any]:
        """The reference."""
        return {"reference": self.cleaned_data["reference"], **super().arguments()}


class SyncCredit(RmaFormVerb):
    """Sync Credit (F9, F12): record what of the vendor's credit is outstanding."""

    template_name = "console/rmas/sync_credit.html"
    name = "sync_credit"
    move = RMA_MOVES["sync_credit"]
    verb = sync_credit
    done = _("The credit for %(object)s is recorded.")
    form_class = SyncCreditForm

    def more(self, subject: Rma, form: Any) -> dict[str, Any]:
        """Expected, recorded and the difference; and each line's share of what is expected."""
        lines = list(subject.lines.all())
        expected = quantise(subject.credit_expected, subject.currency)
        costs = [line.approved * line.unit_cost for line in lines]
        shares = credit_shares(costs, expected, subject.currency)
        rows: list[tuple[RmaLine, Decimal, Decimal]] = list(zip(lines, costs, shares, strict=True))
        return {"rows": rows, "expected": expected, "open": expected - subject.credited}
