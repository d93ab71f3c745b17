"""The mails a vendor's users asked for: when, to whom, how often, in which words (F17)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core import mail as outgoing
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Merchant, Notice
from accounts.permissions import Role
from actions.notices import choose_notices
from actions.order_loading import load_orders
from actions.returns import cancel_return
from actions.rma_changes import cancel_rma, process_rma, reprocess_rma
from audit.models import Delivery, Message, MessageState
from core.tenancy import tenant
from notifications.mail import send_waiting
from orders.models import FulfillmentRequest, Product
from tests.cast import member
from tests.factories import Item, ProductFactory, made_return, shipped_order
from tests.order_files import FORMAT, order_file
from tests.outbox import deliver_all, run

pytestmark = pytest.mark.django_db


def switch_on(actor: Actor, *kinds: Notice) -> None:
    """As the vendor's user does on the page."""
    with tenant(actor.merchant_id, user=actor.user_id, vendor=actor.vendor_id):
        choose_notices(actor, kinds or [Notice.RMA_AVAILABLE])


def new_rma(cast: Any, **more: Any) -> Any:
    """A return Bob makes; its one RMA goes to Northlight."""
    order = shipped_order(cast.acme, Item(6), vendor=cast.northlight, number="536365")
    made = made_return(cast.bob, order, **more)
    with tenant(cast.acme.pk):
        return made.rmas.select_related("vendor").get()


def states(cast: Any) -> list[str]:
    with tenant(cast.acme.pk):
        return list(Message.objects.order_by("id").values_list("state", flat=True))


# --- when and to whom ---------------------------------------------------------------------------


def test_off_by_default_nobody_is_written_to(cast):
    new_rma(cast)
    deliver_all()
    assert (outgoing.outbox, states(cast)) == ([], [])


def test_switched_off_again_nothing_is_even_written(cast):
    switch_on(cast.vera, Notice.RMA_AVAILABLE, Notice.FULFILLMENT_REQUESTED)
    switch_on(cast.vera, Notice.FULFILLMENT_REQUESTED)
    new_rma(cast)
    deliver_all()
    assert (outgoing.outbox, states(cast)) == ([], [])


def test_who_switched_it_on_gets_one_mail_with_the_words_and_the_link(cast):
    switch_on(cast.vera)
    rma = new_rma(cast)
    deliver_all()
    [message] = outgoing.outbox
    assert message.to == [cast.vera.user.email]
    assert message.subject == f"New RMA #{rma.number} from Acme Gifts"
    words = (
        "You have a new RMA available in the Vendor Portal."
        f" Login to your account to see RMA #{rma.number}."
    )
    with tenant(cast.acme.pk):
        request = FulfillmentRequest.objects.get(order_id=rma.order_id)
    link = f"{django_settings.SITE_URL}/m/acme/portal/purchase-orders/{request.public_id}/"
    [(html, kind)] = message.alternatives
    assert kind == "text/html"
    for part in (message.body, html):
        assert words in part
        assert str(request.public_id) in part
        assert "Acme Gifts" in part
        assert "NOTIFY ME WHEN RMA BECOMES AVAILABLE" in part
        assert "/notifications/" in part
    assert link.split("/m/", maxsplit=1)[0] in message.body
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"


def test_of_two_users_only_the_one_who_wants_it_is_told_and_no_other_vendor(cast):
    val = member(cast.acme, "Val Voss", Role.VENDOR, vendor=cast.northlight)
    switch_on(val)
    switch_on(cast.vic)
    new_rma(cast)
    deliver_all()
    assert [message.to for message in outgoing.outbox] == [[val.user.email]]


def test_each_of_two_who_want_it_gets_a_mail_of_their_own(cast):
    val = member(cast.acme, "Val Voss", Role.VENDOR, vendor=cast.northlight)
    switch_on(cast.vera)
    switch_on(val)
    new_rma(cast)
    deliver_all()
    assert sorted(message.to[0] for message in outgoing.outbox) == sorted(
        [cast.vera.user.email, val.user.email]
    )


@pytest.mark.parametrize("approve", [True, False])
@pytest.mark.parametrize("process", [True, False])
def test_in_each_of_the_four_flows_it_is_available_at_once(cast, approve, process):
    with tenant(cast.acme.pk):
        Merchant.objects.filter(pk=cast.acme.pk).update(
            rma_auto_approve=approve, rma_auto_process=process
        )
        cast.acme.refresh_from_db()
    switch_on(cast.vera)
    new_rma(cast)
    deliver_all()
    assert len(outgoing.outbox) == 1


def test_re_processing_writes_no_second_mail(cast):
    switch_on(cast.vera)
    rma = new_rma(cast)
    deliver_all()
    with tenant(cast.acme.pk, user=cast.bob.user_id):
        process_rma(cast.bob, rma)
        rma.refresh_from_db()
        reprocess_rma(cast.bob, rma, "NL-77")
    deliver_all()
    assert len(outgoing.outbox) == 1


def test_an_event_that_is_handed_over_twice_writes_one_mail(cast):
    switch_on(cast.vera)
    new_rma(cast)
    deliver_all()
    with tenant(cast.acme.pk):
        delivery = Delivery.objects.get(event__verb="rma.created", task="notifications.tasks.send")
        Delivery.objects.filter(pk=delivery.pk).update(done_at=None)
    run(delivery)
    send_waiting()
    assert (len(outgoing.outbox), states(cast)) == (1, [MessageState.SENT])


@pytest.fixture
def logged(cast: Any) -> Iterator[Message]:
    """Vera's mail, written and not sent yet."""
    switch_on(cast.vera)
    new_rma(cast)
    with tenant(cast.acme.pk):
        delivery = Delivery.objects.get(event__verb="rma.created")
    run(delivery)
    assert outgoing.outbox == []
    with tenant(cast.acme.pk):
        yield Message.objects.get()


def why(cast: Any) -> tuple[str, str]:
    with tenant(cast.acme.pk):
        return Message.objects.values_list("state", "error").get()


def test_whose_membership_ended_meanwhile_is_not_written_to(cast, logged):
    cast.vera.user.memberships.update(is_active=False)
    assert send_waiting() == 0
    assert why(cast) == (MessageState.SUPPRESSED, "Its reader no longer has access.")
    assert outgoing.outbox == []


def test_whose_account_was_switched_off_is_not_written_to(cast, logged):
    type(cast.vera.user).objects.filter(pk=cast.vera.user_id).update(is_active=False)
    assert (send_waiting(), why(cast)[0]) == (0, MessageState.SUPPRESSED)


def test_who_switched_it_off_meanwhile_is_not_written_to(cast, logged):
    with tenant(cast.acme.pk, user=cast.vera.user_id, vendor=cast.vera.vendor_id):
        choose_notices(cast.vera, [])
    assert send_waiting() == 0
    assert why(cast) == (MessageState.SUPPRESSED, "Its reader switched these mails off.")


def test_an_rma_that_was_canceled_before_anybody_looked_is_no_news(cast):
    switch_on(cast.vera)
    rma = new_rma(cast)
    with tenant(cast.acme.pk, user=cast.bob.user_id):
        cancel_rma(cast.bob, rma)
    deliver_all()
    assert outgoing.outbox == []


def test_an_rma_of_a_return_canceled_at_once_is_no_news(cast):
    switch_on(cast.vera)
    rma = new_rma(cast)
    with tenant(cast.acme.pk, user=cast.bob.user_id):
        cancel_return(cast.bob, rma.customer_return)
    deliver_all()
    assert outgoing.outbox == []


def test_markup_in_names_stays_text(cast):
    with tenant(cast.acme.pk):
        Merchant.objects.filter(pk=cast.acme.pk).update(name="<b>Acme</b>\r\nBcc: eve@example.com")
    switch_on(cast.vera)
    new_rma(cast)
    deliver_all()
    [message] = outgoing.outbox
    [(html, _kind)] = message.alternatives
    assert "<b>Acme" not in html
    assert "&lt;b&gt;Acme" in html
    assert "\n" not in message.subject
    assert message.bcc == []


# --- fulfillment requests -----------------------------------------------------------------------


def load(cast: Any, *numbers: str, day: Any = None) -> None:
    """A file with one order per number, of a product that Northlight fulfils."""
    moment = day or timezone.now()
    with tenant(cast.acme.pk):
        if not Product.objects.filter(sku="85123A").exists():
            ProductFactory(merchant=cast.acme, sku="85123A", vendor=cast.northlight)
    rows = [
        f"{number},85123A,Lamp,2,{moment:%Y-%m-%d %H:%M:%S},2.55,17850,United Kingdom"
        for number in numbers
    ]
    with tenant(cast.acme.pk, user=cast.alice.user_id):
        load_orders(cast.alice, order_file(*rows), format=FORMAT, file_name="orders.csv")
    deliver_all()


def test_one_new_request_is_named_and_linked(cast):
    switch_on(cast.vera, Notice.FULFILLMENT_REQUESTED)
    load(cast, "600001")
    [message] = outgoing.outbox
    with tenant(cast.acme.pk):
        request = FulfillmentRequest.objects.get()
    assert message.subject == "New Fulfillment Request from Acme Gifts"
    assert (
        "You have a new Fulfillment Request available in the Vendor Portal."
        f" Login to your account to see Fulfillment Request #{request.number}." in message.body
    )
    assert str(request.public_id) in message.body
    assert "NOTIFY ME WHEN FULFILLMENT REQUEST BECOMES AVAILABLE" in message.body


def test_many_in_one_file_share_one_mail(cast):
    switch_on(cast.vera, Notice.FULFILLMENT_REQUESTED)
    load(cast, *[f"6000{n:02}" for n in range(12)])
    [message] = outgoing.outbox
    assert message.subject == "12 new Fulfillment Requests from Acme Gifts"
    assert "You have 12 new Fulfillment Requests available" in message.body
    load(cast, *[f"6000{n:02}" for n in range(12)])
    assert len(outgoing.outbox) == 1, "the same file again brings nothing new"


def test_a_file_of_the_past_is_no_news(cast):
    switch_on(cast.vera, Notice.FULFILLMENT_REQUESTED)
    load(cast, "536365", day=timezone.now() - timedelta(days=30))
    assert outgoing.outbox == []


def test_the_two_switches_do_not_stand_for_each_other(cast):
    switch_on(cast.vera, Notice.FULFILLMENT_REQUESTED)
    new_rma(cast)
    deliver_all()
    switch_on(cast.vera, Notice.RMA_AVAILABLE)
    load(cast, "600002")
    assert outgoing.outbox == []
