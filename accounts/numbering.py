"""Document numbers per merchant: gapless, from a row under lock; a preview must not use one up."""

from __future__ import annotations

from django.db import connection

from accounts.models import Merchant, NumberSeries

STARTS = {"return": ("R-", 10001), "rma": ("RMA-", 20001), "purchase_order": ("PO-", 80001)}


def start_series(merchant: Merchant) -> None:
    """Give a new merchant its number series."""
    NumberSeries.objects.bulk_create(
        NumberSeries(merchant=merchant, kind=kind, prefix=prefix, next_value=first)
        for kind, (prefix, first) in STARTS.items()
    )


def take_numbers(merchant_id: int, kind: str, count: int) -> list[str]:
    """The next `count` numbers of `kind`; the series stays locked until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_numberseries SET next_value = next_value + %s"
            " WHERE merchant_id = %s AND kind = %s RETURNING prefix, next_value - %s",
            [count, merchant_id, kind, count],
        )
        prefix, first = cursor.fetchone()
    return [f"{prefix}{first + offset}" for offset in range(count)]


def peek_number(merchant_id: int, kind: str) -> str:
    """The number the next document of `kind` would get now; somebody else may take it first."""
    return str(NumberSeries.objects.get(merchant_id=merchant_id, kind=kind))
