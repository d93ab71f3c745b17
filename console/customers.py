"""A customer's page: orders, subscriptions and their charges, written down by hand (P1)."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Customer
from actions.subscriptions import (
    ChargeRequest,
    add_charge,
    add_subscription,
    cancel_subscription,
)
from audit.models import Event
from audit.timeline import entries
from console.form_page import FormPage, KeyedForm
from console.wizard_forms import AmountField, set_currency
from core.money import ZERO
from core.views import PageView
from orders.models import Charge, Offer, Order, Subscription
from profiles.terms import CycleKind

MOST_ORDERS = 50


def subscriptions_of(actor: Any, charges: QuerySet[Charge]) -> QuerySet[Subscription]:
    """Subscriptions with offer and those of their charges that are asked for, newest first."""
    with_cycle = charges.select_related("cycle", "order", "shipment").order_by("-charged_at", "-id")
    found: QuerySet[Subscription] = (
        Subscription.objects.visible_to(actor)
        .select_related("offer", "customer")
        .prefetch_related(Prefetch("charges", queryset=with_cycle))
        .order_by("-started_at", "-id")
    )
    return found


def subscriptions_on(actor: Any, order: Order) -> list[Subscription]:
    """The subscriptions that paid for `order`, each with its charges for it."""
    charges = Charge.objects.visible_to(actor).filter(order=order)
    found = subscriptions_of(actor, charges)
    return list(found.filter(pk__in=charges.values("subscription")))


class CustomerPage(PageView):
    """One customer."""

    template_name = "console/customers/detail.html"

    def page(self, *, public_id: UUID, **address: Any) -> dict[str, Any]:
        """The latest orders, all subscriptions, and what happened to them."""
        customers = Customer.objects.visible_to(self.actor)
        customer = get_object_or_404(customers, public_id=public_id)
        orders = Order.objects.visible_to(self.actor).filter(customer=customer)
        latest = orders.select_related("channel").order_by("-placed_at", "-id")
        charges = Charge.objects.visible_to(self.actor)
        events = Event.objects.visible_to(self.actor).about("customer", customer.pk)
        return {
            "customer": customer,
            "orders": list(latest[:MOST_ORDERS]),
            "subscriptions": list(subscriptions_of(self.actor, charges).filter(customer=customer)),
            "timeline": entries(events[:20]),
        }


def local_noon(day: Any) -> datetime:
    """The day as a moment: noon in the merchant's zone, but never later than now."""
    moment = timezone.make_aware(datetime.combine(day, time(12)))
    now = timezone.now()
    return now if moment > now and day == timezone.localdate() else moment


def day_field(label: Any) -> forms.DateField:
    """A day; today at the latest is checked by the action."""
    return forms.DateField(
        label=label,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": gettext_lazy("Enter the day."),
            "invalid": gettext_lazy("Enter a day such as 2026-11-03."),
        },
    )


class SubscriptionForm(KeyedForm):
    """A subscription by hand."""

    number = forms.CharField(
        label=gettext_lazy("Subscription number"),
        max_length=40,
        help_text=gettext_lazy("As the system that bills it calls it."),
        error_messages={"required": gettext_lazy("Enter the number of the subscription.")},
    )
    offer = forms.ModelChoiceField(
        label=gettext_lazy("Offer"),
        queryset=Offer.objects.none(),
        empty_label=None,
        error_messages={"required": gettext_lazy("Choose the offer.")},
    )
    started_at = day_field(gettext_lazy("Started on"))
    is_trial = forms.BooleanField(label=gettext_lazy("In its trial now"), required=False)

    def __init__(self, data: Any | None, *, actor: Any) -> None:
        super().__init__(data, initial={"started_at": timezone.localdate()})
        offers = Offer.objects.visible_to(actor).offered().order_by("name")
        self.fields["offer"].queryset = offers  # type: ignore[attr-defined]


def amount_field(label: Any, *, required: bool = False, help_text: Any = "") -> AmountField:
    """An amount of a charge."""
    return AmountField(
        label=label,
        required=required,
        help_text=help_text,
        max_digits=14,
        decimal_places=4,
        min_value=0,
        error_messages={
            "required": gettext_lazy("Enter the amount."),
            "invalid": gettext_lazy("Enter an amount, such as 12.50."),
            "min_value": gettext_lazy("Enter an amount of zero or more."),
        },
    )


class ChargeForm(KeyedForm):
    """What a subscription was charged."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Cycle"),
        choices=CycleKind.choices,
        error_messages={"required": gettext_lazy("Choose which cycle it is.")},
    )
    number = forms.IntegerField(
        label=gettext_lazy("Which rebill"), required=False, min_value=0, max_value=999
    )
    charged_at = day_field(gettext_lazy("Charged on"))
    reference = forms.CharField(
        label=gettext_lazy("Reference of the payment"),
        max_length=80,
        error_messages={"required": gettext_lazy("Enter the payment's reference.")},
    )
    items = amount_field(gettext_lazy("Items, without tax"), required=True)
    tax = amount_field(gettext_lazy("Tax"))
    shipping = amount_field(gettext_lazy("Shipping"))
    paid = amount_field(gettext_lazy("Paid"), help_text=gettext_lazy("Empty: all of it."))
    refunded = amount_field(gettext_lazy("Refunded already"))
    order = forms.TypedChoiceField(
        label=gettext_lazy("For order"),
        required=False,
        coerce=int,
        empty_value=None,
        error_messages={"invalid_choice": gettext_lazy("Choose an order of this customer.")},
    )

    def __init__(self, data: Any | None, *, currency: str, orders: list[Order]) -> None:
        super().__init__(data, initial={"charged_at": timezone.localdate()})
        set_currency(self, currency)
        self.currencies = {order.pk: order.currency for order in orders}
        self.usual = currency
        self.fields["order"].choices = [  # type: ignore[attr-defined]
            ("", _("None")),
            *((order.pk, f"#{order.number} · {order.currency}") for order in orders),
        ]

    def request(self) -> ChargeRequest:
        """The valid form as the action wants it; the currency is that of the order."""
        values = self.cleaned_data
        return ChargeRequest(
            kind=CycleKind(values["kind"]),
            number=values["number"] or 0,
            reference=values["reference"],
            charged_at=local_noon(values["charged_at"]),
            currency=self.currencies.get(values["order"], self.usual),
            items=values["items"],
            tax=values["tax"] or ZERO,
            shipping=values["shipping"] or ZERO,
            paid=values["paid"],
            refunded=values["refunded"] or ZERO,
            order_id=values["order"],
        )


class AddSubscription(FormPage):
    """Write down a subscription of the customer."""

    template_name = "console/customers/subscription_add.html"

    def load(self, *, public_id: UUID, **address: Any) -> Customer:
        """The customer."""
        return get_object_or_404(Customer.objects.visible_to(self.actor), public_id=public_id)

    def form(self, subject: Customer, data: Any | None = None) -> SubscriptionForm:
        """Number, offer, start."""
        return SubscriptionForm(data, actor=self.actor)

    def carry_out(self, subject: Customer, form: Any) -> str:
        """Add it."""
        values = form.cleaned_data
        made = add_subscription(
            self.actor,
            subject,
            values["offer"],
            values["number"],
            local_noon(values["started_at"]),
            is_trial=values["is_trial"],
        )
        return _("Subscription %(number)s is added.") % {"number": made.number}

    def address_after(self, subject: Customer) -> str:
        """The customer's page."""
        return reverse("console:customer", args=[self.actor.merchant.slug, subject.public_id])

    def context(self, subject: Customer, form: Any) -> dict[str, Any]:
        """The form; without an offer, where to make one."""
        return {
            "customer": subject,
            "form": form,
            "has_offers": form.fields["offer"].queryset.exists(),
            "back": self.address_after(subject),
        }


class OfSubscription(FormPage):
    """A form about one subscription; afterwards back to the customer."""

    def load(self, *, public_id: UUID, **address: Any) -> Subscription:
        """The subscription with offer and customer."""
        found = Subscription.objects.visible_to(self.actor).select_related("offer", "customer")
        return get_object_or_404(found, public_id=public_id)

    def address_after(self, subject: Subscription) -> str:
        """The customer's page."""
        args = [self.actor.merchant.slug, subject.customer.public_id]
        return reverse("console:customer", args=args)

    def context(self, subject: Subscription, form: Any) -> dict[str, Any]:
        """The form."""
        return {
            "subscription": subject,
            "customer": subject.customer,
            "form": form,
            "back": self.address_after(subject),
        }


class AddCharge(OfSubscription):
    """Write down what a subscription was charged."""

    template_name = "console/customers/charge_add.html"

    def form(self, subject: Subscription, data: Any | None = None) -> ChargeForm:
        """Cycle, amounts, order."""
        orders = Order.objects.visible_to(self.actor).filter(customer=subject.customer)
        latest = list(orders.order_by("-placed_at", "-id")[:MOST_ORDERS])
        return ChargeForm(data, currency=self.actor.merchant.currency, orders=latest)

    def carry_out(self, subject: Subscription, form: Any) -> str:
        """Add it."""
        made = add_charge(self.actor, subject, form.request())
        return _("The charge for %(cycle)s is written down.") % {"cycle": made.cycle_label}


class ReasonForm(KeyedForm):
    """Why a subscription ends."""

    reason = forms.CharField(label=gettext_lazy("Reason"), required=False, max_length=200)


class CancelSubscription(OfSubscription):
    """End a subscription."""

    template_name = "console/customers/subscription_cancel.html"

    def form(self, subject: Subscription, data: Any | None = None) -> ReasonForm:
        """The reason, if there is one to note."""
        return ReasonForm(data)

    def carry_out(self, subject: Subscription, form: Any) -> str:
        """Cancel it."""
        cancel_subscription(self.actor, subject, reason=form.cleaned_data["reason"])
        return _("Subscription %(number)s is canceled.") % {"number": subject.number}
