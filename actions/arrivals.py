"""Which fulfillment requests a load brought, told once per vendor and load (F17).

Whoever is told wants news: requests older than a week came with a file of the past and are none.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db import models
from django.db.models import Count, Max
from django.db.models.functions import Now

from accounts.actor import Actor
from accounts.models import Vendor
from audit.models import Event
from audit.record import prepare
from orders.models import FulfillmentRequest

NEWS = timedelta(days=7)


class Arrivals:
    """Looks before a load and after it. The load holds the lock on loads of its merchant."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        last = FulfillmentRequest.objects.visible_to(actor).aggregate(last=Max("id"))["last"]
        self._last = last or 0

    def events(self, about: models.Model) -> list[Event]:
        """An event per vendor that got fresh requests; a single one is named."""
        return [
            prepare(
                self._actor,
                "fulfillment.requested",
                about,
                vendor=vendor.name,
                vendor_id=vendor.pk,
                count=count,
                number=single.number if single else "",
                request=str(single.public_id) if single else "",
            )
            for vendor, count, single in self._found()
        ]

    def _found(self) -> Iterator[tuple[Vendor, int, FulfillmentRequest | None]]:
        fresh = FulfillmentRequest.objects.visible_to(self._actor).filter(
            id__gt=self._last, requested_at__gte=Now() - NEWS, vendor__own_warehouse=False
        )
        counted = fresh.values("vendor_id").annotate(count=Count("id"), first=Max("id"))
        rows = {row["vendor_id"]: row for row in counted}
        vendors = Vendor.objects.visible_to(self._actor).filter(pk__in=rows)
        singles = fresh.in_bulk([row["first"] for row in rows.values() if row["count"] == 1])
        for vendor in vendors.order_by("pk"):
            row = rows[vendor.pk]
            yield vendor, row["count"], singles.get(row["first"])
