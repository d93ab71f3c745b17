"""Numbers of new papers: chosen by a person or the next of a series, and never given twice.

A chosen number is looked up while its series is locked, so that nobody gives it out meanwhile.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.numbering import take_numbers
from core.errors import Refused
from core.tenancy import whole_merchant
from returns.models import Return
from rmas.models import RmaNumber


def return_number(merchant_id: int, wanted: str = "") -> str:
    """`wanted`, or the next free number of the merchant's returns. Raises Refused at `number`."""
    taken = Return.objects.filter(merchant_id=merchant_id)
    if not wanted:
        while True:
            number = take_numbers(merchant_id, "return", 1)[0]
            if not taken.filter(number=number).exists():
                return number
    take_numbers(merchant_id, "return", 0)
    if taken.filter(number=wanted).exists():
        raise Refused(
            _("Return %(number)s exists already. Choose another number.") % {"number": wanted},
            field="number",
        )
    return wanted


def next_rma_numbers(merchant_id: int, count: int) -> list[str]:
    """The next `count` numbers of the merchant's RMAs that no RMA has or had."""
    found: list[str] = []
    while len(found) < count:
        numbers = take_numbers(merchant_id, "rma", count - len(found))
        given = RmaNumber.objects.filter(merchant_id=merchant_id, number__in=numbers)
        taken = set(given.values_list("number", flat=True))
        found += [number for number in numbers if number not in taken]
    return found


def refuse_taken(merchant_id: int, vendor_id: int, number: str, field: str) -> None:
    """Refuse a number that an RMA of this vendor has or had."""
    with whole_merchant():
        take_numbers(merchant_id, "rma", 0)
    if RmaNumber.objects.filter(
        merchant_id=merchant_id, vendor_id=vendor_id, number=number
    ).exists():
        raise Refused(
            _("This vendor has an RMA %(number)s already. Choose another number.")
            % {"number": number},
            field=field,
        )
