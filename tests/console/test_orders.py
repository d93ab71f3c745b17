"""The order page and the order list: what staff see and find (F2, F11, I1, I3)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from actions.serials import record_serial
from audit.models import Event
from core.tenancy import tenant
from orders import filters
from orders.models import Order, SerialNumber, Shipment
from returns.models import RefundEntry, Return
from tests.cast import Cast, SignIn
from tests.factories import (
    ChannelFactory,
    CustomerFactory,
    Item,
    OrderLineFactory,
    made_return,
    shipped_order,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.bob)


@pytest.fixture
def order(cast: Cast) -> Order:
    lantern = Item(3, "10.00", title="White metal lantern", sku="71053")
    return shipped_order(cast.acme, lantern, vendor=cast.northlight, number="536365")


def address(order: Order, page: str = "") -> str:
    return f"/m/acme/orders/{order.public_id}/{page}"


def text_of(page: Any) -> str:
    """What the page says, without tags and with single blanks."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


# --- the page -----------------------------------------------------------------------------------


def test_the_page_tells_shipped_returned_left_and_the_net_balance(
    cast: Cast, bob: Client, order: Order
) -> None:
    made_return(cast.bob, order, apply_to_invoice=True)
    page = text_of(bob.get(address(order)))
    for words in (
        "shipped 3 · returned 1 · left 2",
        "White metal lantern 71053 3 3 1 2 £10.00 £30.00",
        "Northlight Lamps",
        "Royal Mail",
        "Invoice total £30.00",
        "Refunded -£10.00",
        "Net balance £20.00",
        "R-10001",
        "Create Return",
    ):
        assert words in page.replace("−", "-"), words


def test_an_order_without_invoice_shows_its_money_all_the_same(cast: Cast, bob: Client) -> None:
    sold = shipped_order(
        cast.acme, vendor=cast.northlight, invoice=False, shipping_paid=Decimal("4.95")
    )
    page = text_of(bob.get(address(sold)))
    assert "Paid £34.95" in page
    assert "Net balance £34.95" in page


def test_a_long_order_takes_as_many_queries_as_a_short_one(
    cast: Cast, bob: Client, order: Order
) -> None:
    long = shipped_order(cast.acme, *[Item(2) for _line in range(30)], vendor=cast.northlight)
    with tenant(cast.acme.pk):
        for line in long.lines.all():
            record_serial(cast.bob, long, line.pk, f"SN-{line.pk}")
    counts = []
    for one in (order, long):
        with CaptureQueriesContext(connection) as captured:
            assert bob.get(address(one)).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]


# --- a credit without goods ---------------------------------------------------------------------


def test_a_credit_without_goods_is_given_once(cast: Cast, bob: Client, order: Order) -> None:
    assert "Give a credit without goods" in bob.get(address(order)).text
    form = text_of(bob.get(address(order, "credit/")))
    assert "at most £30.00" in form
    assert "How the reseller gets it" not in form

    sent = {"key": uuid4(), "amount": "2.50", "reason": "Late by a week", "apply": "on"}
    answers = [bob.post(address(order, "credit/"), sent) for _time in range(2)]

    assert {answer.url for answer in answers} == {address(order)}
    with tenant(cast.acme.pk):
        made = Return.objects.get()
        order.refresh_from_db()
    assert (made.unit_count, made.refund_total, made.refunded) == (
        0,
        Decimal("2.5"),
        Decimal("2.5"),
    )
    assert (order.refund_agreed, order.refunded) == (Decimal("2.5"), Decimal("2.5"))
    page = text_of(bob.get(address(order)))
    assert "Net balance £27.50" in page
    assert "Bob Ono gave a credit of 2.50 GBP without goods: Late by a week" in page


@pytest.mark.parametrize(
    ("sent", "status", "sentence"),
    [
        ({"amount": "30.01", "reason": "x"}, 409, "30.00 is left."),
        ({"amount": "0", "reason": "x"}, 409, "Enter an amount above zero."),
        ({"amount": "-1", "reason": "x"}, 409, "Enter an amount above zero."),
        ({"amount": "1.005", "reason": "x"}, 409, "finer than GBP is paid in."),
        ({"amount": "a lot", "reason": "x"}, 422, "Enter an amount, such as 12.50."),
        ({"amount": "1.00", "reason": ""}, 422, "Say why the credit is given."),
    ],
)
def test_credits_that_are_refused(
    cast: Cast, bob: Client, order: Order, sent: dict[str, str], status: int, sentence: str
) -> None:
    page = bob.post(address(order, "credit/"), {"key": uuid4(), **sent})
    assert page.status_code == status
    assert sentence in page.text
    with tenant(cast.acme.pk):
        assert not Return.objects.exists()


def test_a_reseller_gets_credit_and_its_balance_is_shown(cast: Cast, bob: Client) -> None:
    reseller = ChannelFactory(merchant=cast.acme, kind="reseller")
    sold = shipped_order(
        cast.acme, vendor=cast.northlight, channel=reseller, customer=cast.cora_row
    )
    silent = {"key": uuid4(), "amount": "2.50", "reason": "Late", "apply": "on"}
    assert "Choose how the reseller" in bob.post(address(sold, "credit/"), silent).text
    bob.post(address(sold, "credit/"), {**silent, "method": "reseller_credit"})
    with tenant(cast.acme.pk):
        assert RefundEntry.objects.get().method == "reseller_credit"
    assert "Given to Cora Lindqvist so far £2.50" in text_of(bob.get(address(sold)))


def test_when_nothing_is_left_the_form_says_so(cast: Cast, bob: Client, order: Order) -> None:
    made_return(cast.bob, order, units=3)
    assert "Nothing is left to give." in bob.get(address(order, "credit/")).text
    assert "Give a credit without goods" not in bob.get(address(order)).text


def test_who_may_not_give_credits_is_not_offered_them(
    cast: Cast, sign_in: SignIn, order: Order
) -> None:
    wendy = sign_in(cast.wendy)
    assert "Give a credit without goods" not in wendy.get(address(order)).text
    assert wendy.get(address(order, "credit/")).status_code == 403


# --- serial numbers -----------------------------------------------------------------------------


def line_of(cast: Cast, order: Order) -> int:
    with tenant(cast.acme.pk):
        return order.lines.get().pk


def test_the_warehouse_records_serial_numbers_and_mends_a_wrong_one(
    cast: Cast, sign_in: SignIn, order: Order
) -> None:
    wendy = sign_in(cast.wendy)
    sent = {"key": uuid4(), "line": line_of(cast, order), "number": " LMP 0042 "}
    done = wendy.post(address(order, "serials/"), sent, follow=True)
    assert "Serial number LMP0042 is recorded." in done.text
    assert "serial LMP0042" in text_of(done)
    with tenant(cast.acme.pk):
        serial = SerialNumber.objects.get()

    wendy.post(address(order, "serials/"), {"key": uuid4(), "remove": serial.pk})
    with tenant(cast.acme.pk):
        assert not SerialNumber.objects.exists()
        said = list(Event.objects.order_by("id").values_list("verb", flat=True))
    assert said == ["serial.recorded", "serial.removed"]


def test_a_line_takes_as_many_serial_numbers_as_it_has_units(
    cast: Cast, bob: Client, order: Order
) -> None:
    line = line_of(cast, order)

    def record(number: str) -> Any:
        sent = {"key": uuid4(), "line": line, "number": number}
        return bob.post(address(order, "serials/"), sent)

    assert [record(f"SN-{place}").status_code for place in range(3)] == [302] * 3
    full = record("SN-3")
    assert full.status_code == 409
    assert "All 3 units of this item have one." in full.text
    assert "has that serial number already" in record("SN-1").text


@pytest.mark.parametrize(
    "sent",
    [
        {"line": "", "number": "SN-1"},
        {"line": "999999999", "number": "SN-1"},
        {"number": ""},
        {"number": "x" * 61},
        {"remove": "99999999999999999999"},
    ],
)
def test_serial_numbers_that_are_refused_at_their_field(
    cast: Cast, bob: Client, order: Order, sent: dict[str, str]
) -> None:
    data = {"key": uuid4(), "line": line_of(cast, order), **sent}
    page = bob.post(address(order, "serials/"), data)
    assert page.status_code == 422
    assert "Please check this" in page.text


def test_what_has_not_been_shipped_has_no_serial_number(
    cast: Cast, bob: Client, order: Order
) -> None:
    waiting = OrderLineFactory(merchant=cast.acme, order=order)
    sent = {"key": uuid4(), "line": waiting.pk, "number": "SN-1"}
    assert bob.post(address(order, "serials/"), sent).status_code == 422


def test_the_serial_number_of_another_order_cannot_be_removed(
    cast: Cast, bob: Client, order: Order
) -> None:
    other = shipped_order(cast.acme, vendor=cast.northlight)
    with tenant(cast.acme.pk):
        serial = record_serial(cast.bob, other, other.lines.get().pk, "SN-1")
    page = bob.post(address(order, "serials/"), {"key": uuid4(), "remove": serial.pk})
    assert page.status_code == 409
    assert "removed already" in page.text
    with tenant(cast.acme.pk):
        assert SerialNumber.objects.exists()


# --- finding ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "536365",
        "5363",
        "17850",
        "Cora Lind",
        "cora lindqvist",
        "LINDQ",
        "cora.lindqvist@",
        "84029g",
        "84029G",
        "lmp-0042",
        "LMP-0042",
    ],
)
def test_staff_find_the_order_by_what_they_have(cast: Cast, bob: Client, text: str) -> None:
    sold = shipped_order(
        cast.acme,
        Item(3, sku="84029G"),
        vendor=cast.northlight,
        customer=cast.cora_row,
        number="536365",
    )
    shipped_order(cast.acme, vendor=cast.northlight, number="777001")
    shipped_order(
        cast.globex, Item(3, sku="84029G"), number="536365",
        customer=CustomerFactory(merchant=cast.globex, name="Cora Lindqvist", number="17850"),
    )  # fmt: skip
    with tenant(cast.acme.pk):
        record_serial(cast.bob, sold, sold.lines.get().pk, "LMP-0042")
    found = bob.get("/m/acme/orders/", {"q": text}).text
    assert found.count('class="cell__main" href="/m/acme/orders/') == 1
    assert "#536365" in found


@pytest.mark.parametrize(
    "text",
    ["INDQVIST", "ora lind", "@example", "4029", "p-004", "6365", "2190", "co", "84", "JX2190"],
)
@pytest.mark.parametrize("many", [1000, 1], ids=["few", "very many"])
def test_any_part_of_it_or_its_beginning(
    cast: Cast, bob: Client, monkeypatch: pytest.MonkeyPatch, text: str, many: int
) -> None:
    """As in the search of returns: any part from three characters, the beginning of fewer."""
    monkeypatch.setattr(filters, "MOST_FOUND", many)
    shipped_order(cast.acme, vendor=cast.northlight, number="777001", customer=None)
    sold = shipped_order(
        cast.acme, Item(3, sku="84029G"), vendor=cast.northlight, customer=cast.cora_row,
        number="536365",
    )  # fmt: skip
    with tenant(cast.acme.pk):
        Shipment.objects.filter(order=sold).update(tracking_number="JX2190")
        record_serial(cast.bob, sold, sold.lines.get().pk, "LMP-0042")
    found = bob.get("/m/acme/orders/", {"q": text}).text
    assert re.findall(r"#(\d+)<", found) == ["536365"]


def test_vendors_and_customers_find_nothing_by_it(cast: Cast, order: Order) -> None:
    for who in ({"vendor": cast.northlight.pk}, {"customer": cast.cora_row.pk}):
        with tenant(cast.acme.pk, **who), connection.cursor() as cursor:
            cursor.execute("SELECT orders_search('536365', 10)")
            assert cursor.fetchall() == []
    with tenant(cast.globex.pk), connection.cursor() as cursor:
        cursor.execute("SELECT orders_search('536365', 10)")
        assert cursor.fetchall() == []


@pytest.mark.parametrize("text", ["qv", "ra", "36", "x%", "_", "\\", "’", "\u0000"])
def test_what_finds_nothing_is_said(cast: Cast, bob: Client, text: str) -> None:
    shipped_order(
        cast.acme, Item(3, sku="84029G"), vendor=cast.northlight, customer=cast.cora_row,
        number="536365",
    )  # fmt: skip
    page = bob.get("/m/acme/orders/", {"q": text})
    assert page.status_code == 200
    assert "#536365" not in page.text
