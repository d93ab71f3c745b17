"""The return wizard: what comes back, the RMAs, done. Nothing counts until Complete (F7)."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import ReturnAddress, Vendor
from accounts.numbering import peek_numbers
from actions.drafts import complete_draft, keep_draft
from actions.requests import ReturnRequest
from console.wizard_forms import LineForm, TotalForm
from console.wizard_rma_forms import CostForm, NumberForm, RmaForm
from core.errors import Refused
from core.money import ZERO, quantise
from core.views import PageView
from orders.models import ChannelInvoice, FulfillmentRequest, Order
from returns.models import ReturnDraft, ReturnLine
from returns.reasons import ReasonTree
from returns.states import ReturnStatus
from rmas.strategy import strategy_of

OF_STEP_ONE = {
    "adjustment_reason",
    "apply_to_invoice",
    "method",
    "refund_adjustment",
    "refund_shipping",
}
STEPS = (gettext_lazy("What comes back"), gettext_lazy("RMAs"), gettext_lazy("Done"))


class Sheet:
    """Step one of one order: its lines as forms, the total, and what they say so far."""

    def __init__(self, actor: Any, order: Order, data: Any | None) -> None:
        self.order = order
        offered = Vendor.objects.visible_to(actor).offered()
        self.vendors = list(offered.order_by("own_warehouse", "name"))
        vendors = [(str(vendor.pk), vendor.name) for vendor in self.vendors]
        reasons = ReasonTree.of(actor).choices()
        lines = (
            order.lines.select_related("product")
            .annotate(vendor_id=F("fulfillment_request__vendor_id"))
            .order_by("position", "id")
        )
        self.forms = [
            LineForm(
                data,
                line=line,
                currency=order.currency,
                vendors=vendors,
                reasons=reasons,
                default_vendor=str(line.vendor_id or ""),
            )
            for line in lines
        ]
        _tell_returns(actor, self.forms)
        self.chosen = [form for form in self.forms if form.is_selected]
        self.items = sum((form.amount for form in self.chosen), ZERO)
        self.total = TotalForm(data, order=order, items=self.items)
        self.invoice = ChannelInvoice.objects.visible_to(actor).filter(order=order).first()

    def is_valid(self) -> bool:
        """Whether every ticked line and the total hold."""
        lines = [form.is_valid() for form in self.chosen]
        return bool(lines) and all(lines) and self.total.is_valid()

    @property
    def refund(self) -> Any:
        """The live total refund to the customer."""
        return self.items + self.total.shipping + self.total.adjustment

    @property
    def net_balance(self) -> Any:
        """The invoice's net balance once the total is applied."""
        if self.invoice is None:
            return None
        return self.invoice.total - self.order.refunded - self.refund

    @property
    def destinations(self) -> list[Vendor]:
        """The vendors the ticked lines go to, in the order of the lines."""
        by_id = {str(vendor.pk): vendor for vendor in self.vendors}
        wanted = dict.fromkeys(form.typed("destination") for form in self.chosen)
        return [by_id[pk] for pk in wanted if pk in by_id]

    def typed(self) -> dict[str, str]:
        """What the person typed about the ticked lines and the total, to keep in the draft."""
        names = [form.add_prefix(name) for form in self.chosen for name in form.fields]
        names += list(self.total.fields)
        return _kept(self.total.data, names)


class StartStep(PageView):
    """Step one: which items, how many, where to, why, and what the customer gets."""

    template_name = "console/wizard/start.html"

    def page(self, *, public_id: UUID, **address: Any) -> dict[str, Any]:
        """The form, with what an open draft of this person remembers."""
        order = self.load(public_id)
        draft = (
            ReturnDraft.objects.visible_to(self.actor)
            .filter(order=order, completed_as__isnull=True)
            .order_by("-updated_at")
            .first()
        )
        if draft is None or "fresh" in self.request.GET:
            return self.context(order, Sheet(self.actor, order, None), str(uuid.uuid4()))
        sheet = Sheet(self.actor, order, draft.choices.get("items", {}))
        sheet.is_valid()
        return self.context(order, sheet, str(draft.key), draft=draft)

    def post(self, request: HttpRequest, *, public_id: UUID, **address: Any) -> HttpResponse:
        """Keep the choices and go on; or say at each input what is wrong; or only add up."""
        order = self.load(public_id)
        sheet = Sheet(self.actor, order, request.POST)
        key = _read_key(request)
        valid = sheet.is_valid()
        if "update" in request.POST:
            return self.added_up(order, sheet, str(key))
        if not valid:
            reason = "" if sheet.chosen else _("Choose at least one item to return.")
            context = self.context(order, sheet, str(key), complaint=reason)
            return self.render(status=422, **context)
        try:
            draft = keep_draft(self.actor, order, key, items=sheet.typed())
        except Refused as refused:
            context = self.context(order, sheet, str(uuid.uuid4()), complaint=str(refused.message))
            return self.render(status=409, **context)
        if draft.completed_as_id:
            return redirect(_address(self.actor, "return_done", draft))
        return redirect(_address(self.actor, "return_rmas", draft))

    def load(self, public_id: UUID) -> Order:
        """The order, which must have a fulfillment request (F2)."""
        orders = Order.objects.visible_to(self.actor).select_related("customer", "channel")
        return get_object_or_404(orders, public_id=public_id)

    def added_up(self, order: Order, sheet: Sheet, key: str) -> HttpResponse:
        """The totals alone for htmx; the whole page without JavaScript."""
        context = self.context(order, sheet, key)
        if self.request.headers.get("HX-Request"):
            return render(self.request, "console/wizard/_totals.html", {**context, "live": True})
        return self.render(**context)

    def context(self, order: Order, sheet: Sheet, key: str, **more: Any) -> dict[str, Any]:
        """What the template shows."""
        started = FulfillmentRequest.objects.visible_to(self.actor).filter(order=order).exists()
        return {
            "order": order,
            "sheet": sheet,
            "key": key,
            "steps": STEPS,
            "started": started,
            "complaint": "",
            "draft": None,
            **more,
        }


class RmaStep(PageView):
    """Step two: numbers, addresses, costs and approval, one box per destination."""

    template_name = "console/wizard/rmas.html"

    def get(self, request: HttpRequest, *, key: UUID, **address: Any) -> HttpResponse:
        """The boxes, or back to step one when the items no longer hold."""
        draft = self.load(key)
        if draft.completed_as_id:
            return redirect(_address(self.actor, "return_done", draft))
        desk = Desk(self.actor, draft, draft.choices.get("rmas"))
        if not desk.sheet.is_valid():
            return self.back(draft)
        return self.render(**self.context(draft, desk))

    def post(self, request: HttpRequest, *, key: UUID, **address: Any) -> HttpResponse:
        """Complete: make the return once. Back: keep what was typed."""
        draft = self.load(key)
        if made := draft.completed_as:
            messages.info(
                request,
                _("This return was made already as %(number)s.") % {"number": made.number},
            )
            return redirect(_address(self.actor, "return_done", draft))
        desk = Desk(self.actor, draft, request.POST.dict())
        typed = desk.typed()
        if "back" in request.POST:
            keep_draft(self.actor, draft.order, draft.key, rmas=typed)
            return self.back(draft)
        return self.complete(draft, desk, typed)

    def complete(self, draft: ReturnDraft, desk: Desk, typed: dict[str, Any]) -> HttpResponse:
        """Run the action; every refusal keeps the draft and lands where it can be mended."""
        if not desk.sheet.is_valid():
            keep_draft(self.actor, draft.order, draft.key, rmas=typed)
            return self.back(draft)
        if not desk.is_valid():
            return self.render(status=422, **self.context(draft, desk))
        try:
            done = complete_draft(self.actor, draft.key, desk.request())
        except Refused as refused:
            keep_draft(self.actor, draft.order, draft.key, rmas=typed)
            if refused.field.startswith("line-") or refused.field in OF_STEP_ONE:
                messages.error(self.request, str(refused.message))
                return self.back(draft)
            desk.complain(refused)
            return self.render(status=409, **self.context(draft, desk))
        return redirect(_address(self.actor, "return_done", done))

    def load(self, key: UUID) -> ReturnDraft:
        """This person's draft with its order."""
        drafts = ReturnDraft.objects.visible_to(self.actor).select_related(
            "order__customer", "order__channel", "completed_as"
        )
        return get_object_or_404(drafts, key=key)

    def back(self, draft: ReturnDraft) -> HttpResponse:
        """To step one, which shows the draft with its errors."""
        slug = self.actor.merchant.slug
        return redirect("console:return_start", merchant=slug, public_id=draft.order.public_id)

    def context(self, draft: ReturnDraft, desk: Desk) -> dict[str, Any]:
        """What the template shows."""
        return {"draft": draft, "order": draft.order, "desk": desk, "steps": STEPS}


class Desk:
    """Step two of one draft: the return's number, one RMA form per destination, costs per line."""

    def __init__(self, actor: Any, draft: ReturnDraft, typed: dict[str, Any] | None) -> None:
        self.sheet = Sheet(actor, draft.order, draft.choices.get("items", {}))
        self.complaint = ""
        told = (typed or {}).get("proposed"), (typed or {}).get("proposed_rma")
        following = ["", ""] if all(told) else peek_numbers(actor.merchant_id, "return", "rma")
        self.proposed_number = told[0] or following[0]
        self.number = NumberForm(typed, initial={"number": self.proposed_number})
        first = told[1] or following[1]
        self.proposed_rma = first
        book = list(ReturnAddress.objects.visible_to(actor).filter(is_active=True))
        self.boxes = [
            (
                vendor,
                RmaForm(
                    typed,
                    destination_id=vendor.pk,
                    proposed=proposal,
                    book=[one for one in book if one.vendor_id in (vendor.pk, None)],
                    currency=draft.order.currency,
                ),
                self.lines(vendor, typed),
            )
            for vendor, proposal in self.proposals(first)
        ]
        self.flows = {vendor.pk: strategy_of(actor.merchant, vendor) for vendor, *_ in self.boxes}

    def proposals(self, first: str) -> list[tuple[Vendor, dict[str, str]]]:
        """Each destination with the number and address proposed for its RMA."""
        prefix = first.rstrip("0123456789")
        start = int(first[len(prefix) :][-18:] or 0)
        return [
            (
                vendor,
                {"number": f"{prefix}{start + place}", "return_address": vendor.return_address},
            )
            for place, vendor in enumerate(self.sheet.destinations)
        ]

    def lines(
        self, vendor: Vendor, typed: dict[str, Any] | None
    ) -> list[tuple[LineForm, CostForm]]:
        """The lines that go to `vendor`, each with its cost form."""
        return [
            (
                form,
                CostForm(
                    typed,
                    prefix=f"line-{form.line.pk}",
                    currency=form.currency,
                    initial={"unit_cost": _payable(form.line.product.unit_cost, form.currency)},
                ),
            )
            for form in self.sheet.chosen
            if form.typed("destination") == str(vendor.pk)
        ]

    @property
    def forms(self) -> list[Any]:
        """Every form of the step, for the error summary."""
        costs = [cost for _vendor, _form, lines in self.boxes for _line, cost in lines]
        return [self.number, *(form for _vendor, form, _lines in self.boxes), *costs]

    def typed(self) -> dict[str, str]:
        """What the person typed in the inputs of this step, to keep in the draft."""
        names = [form.add_prefix(name) for form in self.forms for name in form.fields]
        return _kept(self.number.data, [*names, "proposed", "proposed_rma"])

    def is_valid(self) -> bool:
        """Whether all boxes hold."""
        checked = [form.is_valid() for form in self.forms]
        return all(checked)

    def request(self) -> ReturnRequest:
        """Both steps as the action wants them."""
        number = self.number.cleaned_data["number"]
        total = self.sheet.total.cleaned_data
        return ReturnRequest(
            lines=[
                form.request(cost.cleaned_data["unit_cost"])
                for _vendor, _form, lines in self.boxes
                for form, cost in lines
            ],
            rmas=[form.request() for _vendor, form, _lines in self.boxes],
            number="" if number == self.proposed_number else number,
            refund_shipping=total.get("refund_shipping") or ZERO,
            refund_adjustment=total["refund_adjustment"] or ZERO,
            adjustment_reason=total["adjustment_reason"],
            apply_to_invoice=total["apply_to_invoice"],
            refund_method=total.get("refund_method", ""),
        )

    def complain(self, refused: Refused) -> None:
        """Put the refusal at its input, or over the page."""
        if refused.field == "number":
            self.number.add_error("number", refused.message)
            return
        for _vendor, form, _lines in self.boxes:
            prefix = f"{form.prefix}-"
            if refused.field.startswith(prefix):
                form.add_error(refused.field.removeprefix(prefix), refused.message)
                return
        self.complaint = str(refused.message)


class DoneStep(PageView):
    """Step three: the return exists; View Return."""

    template_name = "console/wizard/done.html"

    def page(self, *, key: UUID, **address: Any) -> dict[str, Any]:
        """The new return with its RMAs."""
        drafts = ReturnDraft.objects.visible_to(self.actor).select_related("order", "completed_as")
        draft = get_object_or_404(drafts, key=key)
        if draft.completed_as is None:
            raise Http404
        return {
            "order": draft.order,
            "made": draft.completed_as,
            "rmas": list(draft.completed_as.rmas.select_related("vendor").order_by("id")),
            "steps": STEPS,
        }


def _tell_returns(actor: Any, forms: list[LineForm]) -> None:
    """Let each line that has nothing left name the returns that took it."""
    blocked = {
        form.line.pk: form for form in forms if form.line.returned_quantity and not form.left
    }
    if not blocked:
        return
    taken = (
        ReturnLine.objects.filter(merchant=actor.merchant, order_line__in=blocked)
        .exclude(customer_return__status=ReturnStatus.CANCELED)
        .select_related("customer_return")
        .order_by("id")
    )
    for line in taken:
        blocked[line.order_line_id].returned_on.append(line.customer_return)


def _payable(amount: Decimal | None, currency: str) -> Decimal | None:
    return None if amount is None else quantise(amount, currency)


def _kept(data: Any, names: list[str]) -> dict[str, str]:
    """Those of `names` that were typed, as a JSON column takes them."""
    return {name: data[name].replace("\0", "") for name in names if name in data}


def _read_key(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid.uuid4()


def _address(actor: Any, name: str, draft: ReturnDraft) -> str:
    return reverse(f"console:{name}", args=[actor.merchant.slug, draft.key])
