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


def peek_numbers(merchant_id: int, *kinds: str) -> list[str]:
    """The numbers the next documents of `kinds` would get; somebody else may take them first."""
    series = NumberSeries.objects.filter(merchant_id=merchant_id, kind__in=kinds)
    following = {one.kind: str(one) for one in series}
    return [following[kind] for kind in kinds]
