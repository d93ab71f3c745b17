"""Orders in the console: the list and the page with its Returns section (F2)."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django_filters import FilterSet

from actions.refunds import give_credit
from actions.serials import record_serial, remove_serial
from audit.models import Event
from audit.timeline import entries
from console.customers import subscriptions_on
from console.facets import Tab, tabs
from console.form_page import FormPage
from console.order_forms import CreditForm, SerialForm
from core.counting import capped_counts
from core.views import ListPage, PageView
from orders.filters import TABS, OrderFilter
from orders.models import Channel, ChannelInvoice, FulfillmentRequest, Order, SerialNumber
from returns.ledger import reseller_credit
from returns.models import Return


class OrderList(ListPage):
    """All orders, newest first."""

    template_name = "console/orders/list.html"
    filter_class = OrderFilter
    ordered_by = "placed_at"

    def rows(self, queryset: QuerySet[Order]) -> QuerySet[Order]:
        """With channel and customer, which each row names."""
        return queryset.select_related("channel", "customer")

    def more(self, found: FilterSet) -> dict[str, Any]:
        """Tabs with counts."""
        orders = Order.objects.visible_to(self.actor)
        counts = capped_counts({name: orders.filter(q) for name, (_l, q) in TABS.items()})
        return {"tabs": self.tabs(counts), "searched": self.request.GET.get("q", "")}

    def tabs(self, counts: dict[str, int]) -> list[Tab]:
        """One tab per named condition."""
        labels = {name: label for name, (label, _condition) in TABS.items()}
        return tabs(self.request.GET, labels, counts, default="all")


def find_order(actor: Any, public_id: UUID) -> Order:
    """The order with channel and customer, as `actor` may see it, else Http404."""
    orders = Order.objects.visible_to(actor).select_related("channel", "customer")
    return get_object_or_404(orders, public_id=public_id)


def order_context(actor: Any, order: Order) -> dict[str, Any]:
    """Everything about the order in a handful of queries."""
    events = Event.objects.visible_to(actor).about("order", order.pk)[:30]
    serials = SerialNumber.objects.visible_to(actor)
    lines = list(
        order.lines.select_related("product")
        .prefetch_related(Prefetch("serial_numbers", queryset=serials))
        .order_by("position", "id")
    )
    return {
        "order": order,
        "lines": lines,
        "serials": [
            (serial, line, uuid.uuid4()) for line in lines for serial in line.serial_numbers.all()
        ],
        "serial_form": SerialForm(None, lines=lines),
        "requests": list(
            FulfillmentRequest.objects.visible_to(actor)
            .filter(order=order)
            .select_related("vendor")
            .prefetch_related("shipments")
            .order_by("id")
        ),
        "invoice": ChannelInvoice.objects.visible_to(actor).filter(order=order).first(),
        "creditable": creditable(order),
        "reseller_credit": _credit_of(actor, order),
        "returns": list(
            Return.objects.visible_to(actor).filter(order=order).order_by("-requested_at", "-id")
        ),
        "subscriptions": subscriptions_on(actor, order),
        "timeline": entries(events),
    }


def creditable(order: Order) -> Decimal:
    """What of the order may still be refunded, goods or not, in its currency."""
    return order.paid_total + order.shipping_paid - order.refund_agreed


def _credit_of(actor: Any, order: Order) -> Decimal | None:
    if order.channel.kind != Channel.Kind.RESELLER or order.customer_id is None:
        return None
    return reseller_credit(actor, order.customer_id, order.currency)


class OrderPage(PageView):
    """One order: lines, fulfillment, shipments, invoice, returns, timeline."""

    template_name = "console/orders/detail.html"

    def page(self, *, public_id: UUID, **address: Any) -> dict[str, Any]:
        """The order as it is."""
        return order_context(self.actor, find_order(self.actor, public_id))


class SerialNumbers(FormPage):
    """Record or remove a serial number; it is asked for on the order's own page (I1)."""

    template_name = "console/orders/detail.html"

    def load(self, *, public_id: UUID, **address: Any) -> Order:
        """The order."""
        return find_order(self.actor, public_id)

    def form(self, subject: Order, data: Any | None = None) -> SerialForm:
        """The small form below the lines."""
        lines = subject.lines.order_by("position", "id")
        return SerialForm(data, lines=list(lines))

    def carry_out(self, subject: Order, form: Any) -> str:
        """Record it, or remove the one whose button was pressed."""
        values = form.cleaned_data
        if values["remove"]:
            remove_serial(self.actor, subject, values["remove"])
            return _("The serial number is removed.")
        made = record_serial(self.actor, subject, values["line"], values["number"])
        return _("Serial number %(number)s is recorded.") % {"number": made.number}

    def address_after(self, subject: Order) -> str:
        """The order's page, at its serial numbers."""
        address = reverse("console:order", args=[self.actor.merchant.slug, subject.public_id])
        return f"{address}#serials"

    def context(self, subject: Order, form: Any) -> dict[str, Any]:
        """The order's page with the form as it was sent."""
        return {**order_context(self.actor, subject), "serial_form": form}


class GiveCredit(FormPage):
    """Give a credit without goods (I3)."""

    template_name = "console/orders/credit.html"

    def load(self, *, public_id: UUID, **address: Any) -> Order:
        """The order."""
        return find_order(self.actor, public_id)

    def form(self, subject: Order, data: Any | None = None) -> CreditForm:
        """Amount, reason, and how a reseller gets it."""
        is_reseller = subject.channel.kind == Channel.Kind.RESELLER
        return CreditForm(data, currency=subject.currency, is_reseller=is_reseller)

    def carry_out(self, subject: Order, form: Any) -> str:
        """Give it."""
        values = form.cleaned_data
        made = give_credit(
            self.actor,
            subject,
            values["amount"],
            values["reason"],
            method=values.get("method", ""),
            apply=values["apply"],
        )
        return _("The credit is given as %(number)s.") % {"number": made.number}

    def address_after(self, subject: Order) -> str:
        """The order's page."""
        return reverse("console:order", args=[self.actor.merchant.slug, subject.public_id])

    def context(self, subject: Order, form: Any) -> dict[str, Any]:
        """The form, and how much is left to give."""
        invoice = ChannelInvoice.objects.visible_to(self.actor).filter(order=subject).first()
        return {
            "order": subject,
            "form": form,
            "most": creditable(subject),
            "invoice": invoice,
            "reseller_credit": _credit_of(self.actor, subject),
            "back": self.address_after(subject),
        }
