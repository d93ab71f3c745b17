"""What the tests of the return's pages share: addresses, forms, and small papers."""

from __future__ import annotations

from typing import Any

from django.test import Client

from orders.models import Order
from returns.models import Return
from rmas.models import Rma
from tests.cast import Cast
from tests.factories import Item, made_return, new_key, shipped_order


def address(subject: Return | Rma, verb: str = "") -> str:
    """Where a return, an RMA's verb or a return's verb is."""
    noun = "returns" if isinstance(subject, Return) else "rmas"
    return f"/m/acme/{noun}/{subject.public_id}/" + (f"{verb}/" if verb else "")


def form(subject: Return | Rma, **typed: Any) -> dict[str, Any]:
    """A decision form as the page hands it out now, with what is typed in it."""
    subject.refresh_from_db()
    return {"key": new_key(), "version": subject.version, "note": "", **typed}


def send(client: Client, subject: Return | Rma, verb: str, **typed: Any) -> Any:
    """Fill the form of a verb in and send it."""
    return client.post(address(subject, verb), form(subject, **typed))


def two_lines(cast: Cast, **fields: Any) -> Order:
    """An order of 4 x 10.00 and 2 x 5.00 that Northlight shipped."""
    items = Item(4, "10.00", title="Lantern"), Item(2, "5.00", title="Hanger")
    return shipped_order(cast.acme, *items, vendor=cast.northlight, **fields)


def two_of_each(cast: Cast, **more: Any) -> Return:
    """A return of two lanterns and two hangers: 30.00."""
    order = two_lines(cast, **more.pop("order", {}))
    return made_return(cast.bob, order, units=2, **more)
