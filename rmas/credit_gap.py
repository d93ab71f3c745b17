"""The credit gap: what vendors owe for RMAs whose goods were refunded or not yet (X6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Least, NullIf
from django.utils.translation import gettext as _

from accounts.actor import Actor
from core.fields import MoneyField
from core.money import ZERO, quantise
from rmas.models import CREDIT_IS_OPEN, Rma, RmaLine

AGES = ((0, 30), (31, 60), (61, 90), (91, None))
"""Days since the decision: the first and the last of each age, None for "and older"."""

OPEN = F("credit_expected") - F("credited") - F("credit_variance")


def age_words() -> list[str]:
    """What the ages are called."""
    return [
        _("%(first)s–%(last)s days") % {"first": first, "last": last}
        if last is not None
        else _("over %(days)s days") % {"days": first - 1}
        for first, last in AGES
    ]


@dataclass(slots=True)
class Gap:
    """One vendor in one currency. `ages` are what is open, by `AGES`; all rounded to pay."""

    vendor_id: int
    vendor: str
    vendor_public_id: str
    currency: str
    rmas: int = 0
    refunded: Decimal = ZERO
    expected: Decimal = ZERO
    credited: Decimal = ZERO
    variance: Decimal = ZERO
    open: Decimal = ZERO
    ages: list[Decimal] = field(default_factory=lambda: [ZERO] * len(AGES))


def open_credits(actor: Actor) -> QuerySet[Rma]:
    """The RMAs `actor` may see whose credit is neither recorded in full nor settled.

    The merchant's own warehouse owes nothing.
    """
    return Rma.objects.visible_to(actor).filter(CREDIT_IS_OPEN, vendor__own_warehouse=False)


def gaps(actor: Actor, now: datetime) -> list[Gap]:
    """The gap of each vendor and currency, the largest first within a currency.

    `refunded` is what customers got for the approved units of these RMAs so far.
    """
    rmas = open_credits(actor)
    found = {
        (row["vendor_id"], row["currency"]): _gap(row)
        for row in rmas.order_by()
        .values("vendor_id", "vendor__name", "vendor__public_id", "currency")
        .annotate(
            expected=Sum("credit_expected"),
            got=Sum("credited"),
            settled=Sum("credit_variance"),
            rmas=Sum(1),
            **{f"age_{place}": Sum(OPEN, filter=_aged(now, place)) for place in range(len(AGES))},
        )
    }
    for vendor_id, currency, refunded in refunded_of(rmas):
        found[vendor_id, currency].refunded = quantise(refunded or ZERO, currency)
    return sorted(found.values(), key=lambda gap: (gap.currency, -gap.open, gap.vendor))


def refunded_of(rmas: QuerySet[Rma]) -> Iterable[tuple[int, str, Decimal | None]]:
    """By vendor and currency: the share of the applied refunds that falls on approved units."""
    total = (
        F("rma__customer_return__refund_items")
        + F("rma__customer_return__refund_shipping")
        + F("rma__customer_return__refund_adjustment")
    )
    applied = Least(
        F("rma__customer_return__refunded") / NullIf(total, ZERO),
        Decimal(1),
        output_field=MoneyField(),
    )
    part = F("return_line__refund") * F("approved") / F("return_line__quantity") * applied
    lines = RmaLine.objects.filter(rma__in=rmas.order_by().values("pk"), approved__gt=0)
    grouped = lines.order_by().values("rma__vendor_id", "rma__currency")
    return grouped.annotate(share=Sum(part)).values_list("rma__vendor_id", "rma__currency", "share")


def _gap(row: Mapping[str, Any]) -> Gap:
    currency = row["currency"]

    def payable(name: str) -> Decimal:
        return quantise(row[name] or ZERO, currency)

    gap = Gap(
        vendor_id=row["vendor_id"],
        vendor=row["vendor__name"],
        vendor_public_id=str(row["vendor__public_id"]),
        currency=currency,
        rmas=row["rmas"],
        expected=payable("expected"),
        credited=payable("got"),
        variance=payable("settled"),
        ages=[payable(f"age_{place}") for place in range(len(AGES))],
    )
    gap.open = sum(gap.ages, ZERO)
    return gap


def _aged(now: datetime, place: int) -> Q:
    """Decided so long ago; what has no decision any more counts as new."""
    first, last = AGES[place]
    condition = Q()
    if first:
        condition &= Q(decided_at__lte=now - timedelta(days=first))
    if last is not None:
        condition &= Q(decided_at__gt=now - timedelta(days=last + 1)) | Q(decided_at=None)
    return condition
