"""What the settings of the security tests' world hold: one row of each noun."""

from __future__ import annotations

import uuid
from datetime import date

from accounts.calendars import Holiday
from accounts.models import Merchant, ReturnAddress, Vendor
from core.tenancy import tenant
from orders.models import OrderLine, SerialNumber
from returns.models import ReturnReason


def settings_rows(merchant: Merchant, order_id: int) -> list[tuple[str, uuid.UUID]]:
    """A vendor's page, a reason that can move down, an address, a holiday, and a serial number."""
    with tenant(merchant.pk):
        vendor = Vendor.objects.filter(merchant=merchant).order_by("pk")[0]
        reason = ReturnReason.objects.filter(merchant=merchant).order_by("position")[0]
        heading = ReturnReason.objects.filter(merchant=merchant).order_by("-position")[0]
        ReturnReason.objects.create(
            merchant=merchant, parent=heading, code="by-hand", label="Broken by hand"
        )
        entry = ReturnAddress.objects.create(
            merchant=merchant, vendor=vendor, label="Dock 9", address="9 Dock Road"
        )
        feast = Holiday.objects.create(merchant=merchant, day=date(2190, 12, 25), name="Feast")
        line = OrderLine.objects.filter(order_id=order_id)[0]
        SerialNumber.objects.create(merchant=merchant, order_line=line, number="SN-1")
    return [
        ("vendor", vendor.public_id),
        ("reason", reason.public_id),
        ("address", entry.public_id),
        ("holiday", feast.public_id),
    ]
