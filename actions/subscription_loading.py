"""Loading a file of subscriptions in one transaction; the same file twice changes nothing (P1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.models import Customer
from actions.base import action
from actions.locks import lock_merchant
from actions.offers import MOST_REBILLS, cycle_of
from audit.record import record
from orders.models import (
    Charge,
    Offer,
    OfferCycle,
    Order,
    Shipment,
    Subscription,
    SubscriptionStatus,
)
from orders.readers.subscriptions import ChargeRow, RowFault, RowReject, read_subscriptions
from profiles.terms import CycleKind

CHUNK = 5000
CREATED = ("offers", "cycles", "subscriptions", "charges")


@dataclass(slots=True)
class SubscriptionReport:
    """What a load did, or of a dry run would do. `existing` charges were there before and stay.

    Every row of the file is one created charge, one existing charge or one reject.
    """

    file_name: str
    dry_run: bool
    rows: int = 0
    created: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CREATED, 0))
    existing: int = 0
    rejects: list[RowReject] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The report as the command prints it."""
        return {
            "file": self.file_name,
            "dry_run": self.dry_run,
            "rows": self.rows,
            "created": self.created,
            "existing": self.existing,
            "rejects": [reject.as_json() for reject in self.rejects],
        }


@action("order.import")
def load_subscriptions(
    actor: Actor, source: BinaryIO, *, file_name: str, dry_run: bool = False
) -> SubscriptionReport:
    """Load the subscriptions and charges of `source` (columns: `orders.readers.subscriptions`).

    Customers and orders must be there; unknown offers and cycles are made, without a return
    profile. A charge whose reference is known stays as it is: told as existing when it is the same,
    rejected when it differs. Good rows are loaded, others listed with line, column and reason.
    `dry_run` does all of it and undoes it. Raises Refused when the file as a whole cannot be used.
    """
    merchant = lock_merchant(actor)
    report = SubscriptionReport(file_name, dry_run)
    with transaction.atomic():
        _Load(actor, report).run(source)
        record(
            actor,
            "subscriptions.imported",
            merchant,
            file=file_name,
            charges=report.created["charges"],
            rejected=len(report.rejects),
        )
        if dry_run:
            transaction.set_rollback(True)
    report.rejects.sort(key=lambda reject: reject.line)
    return report


class _Load:
    """One run over one file: what is known beforehand, then row by row, then what is new."""

    def __init__(self, actor: Actor, report: SubscriptionReport) -> None:
        self._actor = actor
        self._report = report
        self._customers: dict[str, int] = {}
        self._offers: dict[str, Offer] = {}
        self._cycles: dict[int, list[OfferCycle]] = {}
        self._subscriptions: dict[str, Subscription] = {}
        self._charges: dict[str, Charge] = {}
        self._orders: dict[str, list[Order]] = {}
        self._shipments: dict[tuple[int, str], Shipment] = {}
        self._new: list[Charge] = []

    def run(self, source: BinaryIO) -> None:
        merchant = self._actor.merchant
        rows = []
        for row in read_subscriptions(source, merchant.zone, merchant.currency):
            self._report.rows += 1
            if isinstance(row, RowReject):
                self._report.rejects.append(row)
            else:
                rows.append(row)
        for start in range(0, len(rows), CHUNK):
            self._look_up(rows[start : start + CHUNK])
            for row in rows[start : start + CHUNK]:
                self._load(row)
            Charge.objects.bulk_create(self._new)
            self._new.clear()

    def _look_up(self, rows: list[ChargeRow]) -> None:
        """What the rows name, as it is stored; one query for each noun."""
        seen = self._actor
        customers = Customer.objects.visible_to(seen).filter(number__in={r.customer for r in rows})
        self._customers.update(customers.values_list("number", "pk"))
        offers = Offer.objects.visible_to(seen).filter(code__in={r.offer for r in rows})
        self._offers.update({offer.code: offer for offer in offers})
        cycles = OfferCycle.objects.visible_to(seen).filter(offer__in=list(offers))
        for offer in offers:
            self._cycles.setdefault(offer.pk, [])
        for cycle in cycles:
            if cycle not in self._cycles[cycle.offer_id]:
                self._cycles[cycle.offer_id].append(cycle)
        subscriptions = Subscription.objects.visible_to(seen).filter(
            number__in={r.subscription for r in rows}
        )
        self._subscriptions.update({one.number: one for one in subscriptions})
        charges = Charge.objects.visible_to(seen).filter(reference__in={r.reference for r in rows})
        self._charges.update({one.reference: one for one in charges})
        self._look_up_orders(rows)

    def _look_up_orders(self, rows: list[ChargeRow]) -> None:
        numbers = {row.order for row in rows if row.order}
        orders = list(Order.objects.visible_to(self._actor).filter(number__in=numbers))
        for number in numbers:
            self._orders[number] = [order for order in orders if order.number == number]
        tracking = {row.tracking for row in rows if row.tracking}
        shipments = Shipment.objects.filter(
            merchant_id=self._actor.merchant_id, order__in=orders, tracking_number__in=tracking
        )
        self._shipments.update({(one.order_id, one.tracking_number): one for one in shipments})

    def _load(self, row: ChargeRow) -> None:
        try:
            customer_id = self._customer(row)
            order = self._order(row, customer_id)
            shipment = self._shipment(row, order)
            if self._is_there(row, order):
                self._report.existing += 1
                return
            self._check_number(row)
            self._check_future(row)
            subscription = self._subscription(row, customer_id)
        except RowFault as fault:
            self._report.rejects.append(RowReject(row.line, fault.column, fault.reason))
            return
        charge = Charge(
            merchant=self._actor.merchant,
            subscription=subscription,
            cycle=self._cycle(row, subscription.offer_id),
            cycle_number=row.number,
            order=order,
            shipment=shipment,
            currency=row.currency,
            items=row.items,
            tax=row.tax,
            shipping=row.shipping,
            paid=row.paid,
            refunded=row.refunded,
            charged_at=row.charged_at,
            reference=row.reference,
        )
        self._charges[row.reference] = charge
        self._new.append(charge)
        self._report.created["charges"] += 1

    def _customer(self, row: ChargeRow) -> int:
        found = self._customers.get(row.customer)
        if found is None:
            raise RowFault(
                "customer", _("There is no customer %(number)s.") % {"number": row.customer}
            )
        return found

    def _order(self, row: ChargeRow, customer_id: int) -> Order | None:
        if not row.order:
            if row.tracking:
                raise RowFault("tracking", _("Name the order of the parcel as well."))
            return None
        found = [one for one in self._orders[row.order] if one.customer_id == customer_id]
        if len(found) != 1:
            sentence = (
                _("The customer has several orders %(number)s, on several channels.")
                if found
                else _("The customer has no order %(number)s.")
            )
            raise RowFault("order", sentence % {"number": row.order})
        if found[0].currency != row.currency:
            raise RowFault(
                "currency",
                _("Order %(number)s is in %(currency)s.")
                % {"number": row.order, "currency": found[0].currency},
            )
        return found[0]

    def _shipment(self, row: ChargeRow, order: Order | None) -> Shipment | None:
        if not row.tracking or order is None:
            return None
        found = self._shipments.get((order.pk, row.tracking))
        if found is None:
            raise RowFault(
                "tracking", _("The order has no parcel %(number)s.") % {"number": row.tracking}
            )
        return found

    def _is_there(self, row: ChargeRow, order: Order | None) -> bool:
        """Whether the charge was loaded before; a different one by that reference is a fault."""
        found = self._charges.get(row.reference)
        if found is None:
            return False
        subscription = self._subscriptions.get(row.subscription)
        same = (
            subscription is not None
            and found.subscription_id == subscription.pk
            and (found.currency, found.items, found.tax, found.shipping)
            == (row.currency, row.items, row.tax, row.shipping)
            and found.paid == row.paid
            and found.charged_at == row.charged_at
            and found.order_id == (order.pk if order else None)
        )
        if not same:
            raise RowFault(
                "reference",
                _("A different charge with this reference is there already; it stays as it is."),
            )
        return True

    def _check_number(self, row: ChargeRow) -> None:
        if row.number > MOST_REBILLS:
            raise RowFault(
                "cycle", _("There are at most %(most)s rebills.") % {"most": MOST_REBILLS}
            )

    def _check_future(self, row: ChargeRow) -> None:
        now = timezone.now()
        for name, moment in (
            ("charged_at", row.charged_at),
            ("started_at", row.started_at),
            ("canceled_at", row.canceled_at),
        ):
            if moment is not None and moment > now:
                raise RowFault(name, _("The day is in the future."))

    def _subscription(self, row: ChargeRow, customer_id: int) -> Subscription:
        found = self._subscriptions.get(row.subscription)
        if found is None:
            return self._new_subscription(row, customer_id)
        if found.customer_id != customer_id:
            raise RowFault("customer", _("The subscription is another customer's."))
        offer = self._offers.get(row.offer)
        if offer is None or found.offer_id != offer.pk:
            raise RowFault("offer", _("The subscription is to another offer."))
        return found

    def _new_subscription(self, row: ChargeRow, customer_id: int) -> Subscription:
        offer = self._offers.get(row.offer) or self._new_offer(row)
        made = Subscription.objects.create(
            merchant=self._actor.merchant,
            number=row.subscription,
            customer_id=customer_id,
            offer=offer,
            status=SubscriptionStatus.CANCELED if row.canceled_at else SubscriptionStatus.ACTIVE,
            is_trial=row.kind is CycleKind.TRIAL and row.canceled_at is None,
            started_at=row.started_at or row.charged_at,
            canceled_at=row.canceled_at,
        )
        self._subscriptions[row.subscription] = made
        self._report.created["subscriptions"] += 1
        return made

    def _new_offer(self, row: ChargeRow) -> Offer:
        made = Offer.objects.create(
            merchant=self._actor.merchant, code=row.offer, name=row.offer_name or row.offer
        )
        self._offers[row.offer] = made
        self._cycles[made.pk] = []
        self._report.created["offers"] += 1
        return made

    def _cycle(self, row: ChargeRow, offer_id: int) -> OfferCycle:
        """The cycle of the offer; a missing one is made, a rebill as the first of its kind."""
        cycles = self._cycles[offer_id]
        found = cycle_of(cycles, row.kind, row.number)
        if found is None:
            number = 1 if row.kind is CycleKind.REBILL else 0
            found = OfferCycle.objects.create(
                merchant=self._actor.merchant, offer_id=offer_id, kind=row.kind, number=number
            )
            cycles.append(found)
            self._report.created["cycles"] += 1
        return found


def read_back(rejects: Iterable[RowReject]) -> Iterator[str]:
    """Rejects as lines of text: where, which column, why."""
    for reject in rejects:
        column = f", {reject.column}" if reject.column else ""
        yield f"line {reject.line}{column}: {reject.reason}"
