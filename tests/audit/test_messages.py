"""The message log: each mail claimed once, sent once, tried again, given up, never lost (F17)."""

from __future__ import annotations

from datetime import timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.core import mail as outgoing
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from audit import messages
from audit.messages import Letter, claim, put, read_message_id
from audit.models import Event, Message, MessageState, StoppedAddress
from audit.record import record
from core.tenancy import tenant
from notifications import mail
from notifications.mail import send_waiting
from tests.audit.test_outbox import at_once
from tests.cast import Cast
from tests.factories import ChannelFactory

pytestmark = pytest.mark.django_db


def event(cast: Cast, actor: Any = None) -> Event:
    actor = actor or cast.bob
    channel = ChannelFactory(merchant=actor.merchant)
    with tenant(actor.merchant_id, user=actor.user_id):
        return record(actor, "return.closed", channel)


def logged(cast: Cast, *people: Any, about: str = "x") -> list[int]:
    """Ids of fresh mails, one to each of `people` (Alice if none are named)."""
    made = []
    for person in people or (cast.alice,):
        cause = event(cast, person)
        letter = Letter("import.finished", about, person.user, "Ready", "It is ready.")
        with tenant(person.merchant_id):
            put(cause, [letter])
            made.append(Message.objects.latest("id").pk)
    return made


def stored(pk: int) -> Message:
    with tenant(system=True):
        return Message.objects.get(pk=pk)


def change(pk: int, **values: Any) -> None:
    with tenant(system=True):
        Message.objects.filter(pk=pk).update(**values)


def seconds_until_due(pk: int) -> float:
    return (stored(pk).due_at - timezone.now()).total_seconds()


# --- writing and claiming -----------------------------------------------------------------------


def test_the_same_news_is_written_to_a_reader_once(cast):
    cause = event(cast)
    letter = Letter("import.finished", "x", cast.alice.user, "Ready", "It is ready.")
    with tenant(cast.acme.pk):
        for _ in range(2):
            put(cause, [letter, letter])
        assert Message.objects.count() == 1


def test_a_claim_is_a_lease_and_counts_the_attempt(cast):
    (pk,) = logged(cast)
    found = claim()
    assert (found.pk, found.attempts) == (pk, 1)
    assert claim() is None
    assert stored(pk).state == MessageState.SENDING
    assert 140 < seconds_until_due(pk) <= messages.LEASE.total_seconds()


def test_the_lease_outlives_the_task_that_sends(cast):
    from notifications.tasks import send_waiting as task

    assert task.time_limit < messages.LEASE.total_seconds()
    assert task.soft_time_limit > mail.SECONDS


def test_claims_reach_over_merchants(cast):
    made = logged(cast, cast.alice, cast.charlie)
    assert sorted([claim().pk, claim().pk]) == sorted(made)


@pytest.mark.django_db(transaction=True)
def test_senders_side_by_side_claim_each_mail_once(cast):
    made = [logged(cast, about=str(n))[0] for n in range(12)]

    def all_of_them() -> list[int]:
        return [found.pk for found in iter(claim, None)]

    taken = [pk for batch in at_once(*[all_of_them] * 3) for pk in batch]
    assert sorted(taken) == sorted(made)


@pytest.mark.django_db(transaction=True)
def test_schedules_that_run_twice_send_once(cast):
    made = [logged(cast, about=str(n))[0] for n in range(6)]
    assert sum(at_once(send_waiting, send_waiting, send_waiting)) == 6
    assert len(outgoing.outbox) == len(made)


# --- dying in between ---------------------------------------------------------------------------


def test_who_died_before_sending_loses_nothing(cast):
    (pk,) = logged(cast)
    assert claim().pk == pk
    assert send_waiting() == 0
    change(pk, due_at=timezone.now() - timedelta(hours=48))
    assert send_waiting() == 1
    assert (stored(pk).state, stored(pk).attempts) == (MessageState.SENT, 2)
    assert len(outgoing.outbox) == 1


def test_who_died_after_sending_sends_it_again_with_the_same_message_id(cast, monkeypatch):
    (pk,) = logged(cast)
    with monkeypatch.context() as patch:
        patch.setattr(messages, "note_sent", lambda message: None)
        send_waiting()
    change(pk, due_at=Now())
    send_waiting()
    first, second = (one.extra_headers["Message-ID"] for one in outgoing.outbox)
    assert first == second == stored(pk).message_id


def test_a_sender_that_wakes_up_late_does_not_overwrite_what_came_after(cast):
    (pk,) = logged(cast)
    late = claim()
    change(pk, due_at=Now())
    assert send_waiting() == 1
    messages.note_failure(late, ValueError("late"))
    assert stored(pk).state == MessageState.SENT


def test_a_mail_that_kills_its_senders_is_given_up(cast):
    (pk,) = logged(cast)
    change(pk, attempts=messages.MAX_ATTEMPTS, state=MessageState.SENDING)
    assert claim() is None
    assert stored(pk).state == MessageState.FAILED
    assert "stopped in the middle" in stored(pk).error


# --- failures -----------------------------------------------------------------------------------


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **options: Any) -> None:
        raise ConnectionRefusedError("mail server away")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)


def test_pauses_grow_to_hours_and_the_last_state_is_failed(cast, away):
    (pk,) = logged(cast)
    pauses = []
    for attempts in (0, 1, 2, 7, 8, 18):
        change(pk, attempts=attempts, state=MessageState.WAITING, due_at=Now())
        assert send_waiting() == 0
        assert stored(pk).state == MessageState.WAITING
        pauses.append(round(seconds_until_due(pk) / 60))
    assert pauses == [1, 2, 4, 128, 240, 240]
    assert stored(pk).error == "ConnectionRefusedError: mail server away"
    change(pk, attempts=messages.MAX_ATTEMPTS - 1, due_at=Now())
    send_waiting()
    assert stored(pk).state == MessageState.FAILED
    change(pk, due_at=Now())
    assert claim() is None


def test_one_run_asks_a_dead_mail_server_once(cast, away):
    made = [logged(cast, about=str(n))[0] for n in range(3)]
    send_waiting()
    assert sorted(stored(pk).attempts for pk in made) == [0, 0, 1]


def test_a_success_clears_the_error(cast, monkeypatch):
    (pk,) = logged(cast)
    change(pk, error="before")
    send_waiting()
    found = stored(pk)
    assert (found.error, found.sent_at is not None) == ("", True)


@pytest.mark.parametrize(
    ("code", "state"), [(550, MessageState.BOUNCED), (451, MessageState.WAITING)]
)
def test_a_mail_server_that_knows_nobody_there_counts_as_a_bounce(cast, monkeypatch, code, state):
    def refuse(self: Any, **options: Any) -> None:
        raise SMTPRecipientsRefused({self.to[0]: (code, b"No such user")})

    (pk,) = logged(cast)
    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    send_waiting()
    assert stored(pk).state == state
    with tenant(cast.acme.pk):
        assert StoppedAddress.objects.exists() is (code == 550)


def test_a_stopped_address_is_not_written_to(cast):
    (pk,) = logged(cast)
    with tenant(cast.acme.pk):
        StoppedAddress.objects.create(
            merchant=cast.acme, address=cast.alice.user.email, reason="550 gone"
        )
    send_waiting()
    assert stored(pk).state == MessageState.SUPPRESSED
    assert "Release the address" in stored(pk).error
    assert outgoing.outbox == []


def test_an_address_that_bounced_at_one_merchant_is_written_to_by_another(cast):
    (pk,) = logged(cast, cast.charlie)
    with tenant(cast.acme.pk):
        StoppedAddress.objects.create(
            merchant=cast.acme, address=cast.charlie.user.email, reason="550 gone"
        )
    send_waiting()
    assert stored(pk).state == MessageState.SENT


# --- the row ------------------------------------------------------------------------------------


def test_the_message_id_names_the_row_and_is_read_back(cast):
    (pk,) = logged(cast)
    found = stored(pk)
    named = (cast.acme.pk, found.public_id)
    assert read_message_id(found.message_id) == named
    assert read_message_id(f" {found.message_id.strip('<>')} ") == named
    assert read_message_id(f"{cast.acme.pk}.{found.public_id}") == named


@pytest.mark.parametrize(
    "text", ["", "<a@b>", "<1.2@x>", "<1.%s@x>" % ("g" * 36), "<1.%s@x>" % ("-" * 36), "x" * 9000]
)
def test_other_message_ids_are_nobodys(text):
    assert read_message_id(text) is None


def test_the_database_knows_the_states(cast):
    (pk,) = logged(cast)
    with pytest.raises(IntegrityError), transaction.atomic():
        change(pk, state="lost")


def test_vendors_and_other_merchants_see_no_message(cast):
    logged(cast)
    with tenant(cast.acme.pk, user=cast.vera.user_id, vendor=cast.northlight.pk):
        assert not Message.objects.exists()
        assert not StoppedAddress.objects.exists()
    with tenant(cast.globex.pk, user=cast.charlie.user_id):
        assert not Message.objects.exists()
