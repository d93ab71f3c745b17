"""The thread between merchant and vendor: whose turn it is, files, disputes, mails (X7)."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail as outgoing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction

from accounts.actor import Actor
from actions.rma_changes import cancel_rma
from actions.rma_talk import lift_dispute, set_dispute, write_message
from actions.rmas import approve_rma
from actions.silence_runs import take_steps
from audit.models import Event
from core.tenancy import tenant
from returns.models import Return
from rmas.models import Rma, RmaMessage
from rmas.vendor_steps import waits_for_vendor
from tests.actions.steps import only_who_may, refused
from tests.actions.test_silence import FRIDAY, TUESDAY, asked, fresh, set_policy
from tests.cast import Cast
from tests.outbox import deliver_all
from tests.security.papers import PHOTO

pytestmark = pytest.mark.django_db


def as_vendor(actor: Actor, work: Any) -> Any:
    """What the vendor's user does, behind the wall of the vendor."""
    with tenant(actor.merchant_id, user=actor.user_id, vendor=actor.vendor_id):
        return work()


def turn(rma: Rma) -> str:
    return str(Return.objects.get(pk=rma.customer_return_id).waits_on)


def test_who_may_write(at_acme: Cast) -> None:
    rma = asked(at_acme)
    only_who_may(at_acme, "rma.talk", lambda actor: write_message(actor, rma, "Hello"))
    only_who_may(at_acme, "rma.talk", lambda actor: set_dispute(actor, rma, "No"))


def test_a_question_of_the_vendor_is_the_merchants_turn_until_it_is_answered(cast: Cast) -> None:
    with tenant(cast.acme.pk):
        rma = asked(cast)
    as_vendor(cast.vera, lambda: write_message(cast.vera, rma, "Which colour?", asks=True))
    with tenant(cast.acme.pk):
        assert (turn(rma), waits_for_vendor(fresh(rma))) == ("merchant", False)
        write_message(cast.bob, rma, "Green.")
        assert (turn(rma), waits_for_vendor(fresh(rma))) == ("vendor", True)
        sides = list(RmaMessage.objects.order_by("id").values_list("side", "asks"))
        assert sides == [("vendor", True), ("merchant", False)]


def test_a_question_to_the_vendor_is_its_turn_whatever_was_decided(at_acme: Cast) -> None:
    rma = asked(at_acme)
    approve_rma(at_acme.bob, rma)
    assert turn(rma) == "customer"
    write_message(at_acme.bob, rma, "When do you credit it?", asks=True)
    assert (turn(rma), waits_for_vendor(fresh(rma))) == ("vendor", True)
    assert list(Rma.objects.waiting_for_vendor()) == [rma]
    as_vendor(at_acme.vera, lambda: write_message(at_acme.vera, rma, "On Friday."))
    assert turn(rma) == "customer"


def test_a_question_back_turns_the_ball_and_a_decision_ends_it(at_acme: Cast) -> None:
    rma = asked(at_acme)
    write_message(at_acme.bob, rma, "Do you take it?", asks=True)
    as_vendor(at_acme.vera, lambda: write_message(at_acme.vera, rma, "Is it worn?", asks=True))
    assert (turn(rma), fresh(rma).question_to) == ("merchant", "merchant")
    as_vendor(at_acme.vera, lambda: approve_rma(at_acme.vera, rma))
    assert (turn(rma), fresh(rma).question_to) == ("customer", "")


def test_an_answer_starts_the_clock_of_silence_anew(at_acme: Cast) -> None:
    set_policy(at_acme)
    rma = asked(at_acme)
    as_vendor(at_acme.vera, lambda: write_message(at_acme.vera, rma, "Is it worn?", asks=True))
    assert take_steps(TUESDAY) == 0
    write_message(at_acme.bob, rma, "No.")
    Rma.objects.filter(pk=rma.pk).update(clock_from=FRIDAY)
    assert take_steps(FRIDAY) == 0
    assert take_steps(TUESDAY) == 1


def test_either_side_sets_and_lifts_the_dispute(at_acme: Cast) -> None:
    set_policy(at_acme)
    rma = asked(at_acme)
    as_vendor(at_acme.vera, lambda: set_dispute(at_acme.vera, rma, "We never sent it"))
    refused(lambda: set_dispute(at_acme.bob, rma, "We say you did"), "disputed already")
    assert take_steps(TUESDAY) == 0
    lift_dispute(at_acme.bob, rma)
    refused(lambda: lift_dispute(at_acme.bob, rma), "not disputed any more")
    verbs = Event.objects.filter(noun="rma").order_by("id").values_list("verb", flat=True)
    assert list(verbs)[-2:] == ["rma.disputed", "rma.dispute_lifted"]


def test_a_file_stays_with_the_rma(at_acme: Cast) -> None:
    rma = asked(at_acme)
    photo = SimpleUploadedFile("dent.png", PHOTO)
    message = write_message(at_acme.bob, rma, "Look", file=photo)
    assert message.file is not None
    assert message.file.name == "dent.png"
    wrong = SimpleUploadedFile("x.svg", b"<svg/>")
    refused(lambda: write_message(at_acme.bob, rma, "Look", file=wrong), "Only photos")


def test_what_cannot_be_written(at_acme: Cast) -> None:
    rma = asked(at_acme)
    refused(lambda: write_message(at_acme.bob, rma, "  "), field="text")
    refused(lambda: write_message(at_acme.bob, rma, "x" * 2001), field="text")
    cancel_rma(at_acme.bob, rma)
    refused(lambda: write_message(at_acme.bob, rma, "Hello"), "canceled")


def test_no_other_vendor_reads_or_writes_it(cast: Cast) -> None:
    with tenant(cast.acme.pk):
        rma = asked(cast)
        write_message(cast.bob, rma, "For Northlight alone")
    seen = as_vendor(cast.vic, lambda: RmaMessage.objects.count())
    assert seen == 0
    with tenant(cast.acme.pk):
        assert not RmaMessage.objects.visible_to(cast.vic).exists()
        assert not RmaMessage.objects.visible_to(cast.cora).exists()
        assert RmaMessage.objects.visible_to(cast.vera).exists()
    with pytest.raises(Return.DoesNotExist):
        as_vendor(cast.vic, lambda: write_message(cast.vic, rma, "Let me in"))


def test_a_message_is_never_changed(at_acme: Cast) -> None:
    write_message(at_acme.bob, asked(at_acme), "So be it")
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        RmaMessage.objects.update(text="Something else")


def test_the_other_side_gets_a_mail_with_the_words(at_acme: Cast) -> None:
    rma = asked(at_acme)
    deliver_all()
    outgoing.outbox.clear()
    write_message(at_acme.bob, rma, "Is it <b>worn</b>?", asks=True)
    deliver_all()
    as_vendor(at_acme.vera, lambda: write_message(at_acme.vera, rma, "It is."))
    deliver_all()
    told = [(message.to[0], message.subject) for message in outgoing.outbox]
    number = rma.number
    assert told[0] == (
        at_acme.vera.user.email,
        f"Acme Gifts asks you something about RMA #{number}",
    )
    assert sorted(told[1:]) == [
        (to.user.email, f"Northlight Lamps answered about RMA #{number}")
        for to in (at_acme.alice, at_acme.bob)
    ]
    html = outgoing.outbox[0].alternatives[0][0]
    assert "&lt;b&gt;worn&lt;/b&gt;" in html
