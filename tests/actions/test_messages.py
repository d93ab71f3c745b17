"""Send again, note what came back, release an address (F17)."""

from __future__ import annotations

import io

import pytest
from django.core import mail as outgoing
from django.core.management import CommandError, call_command

from accounts.models import User
from actions.messages import record_bounce, release_address, resend_message
from audit.models import Event, Message, MessageState, StoppedAddress
from core.errors import NotAllowed, Refused
from core.tenancy import tenant
from notifications.mail import send_waiting
from tests.audit.test_messages import change, logged, stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(cast) -> Message:
    """A mail to Alice that went out."""
    (pk,) = logged(cast)
    send_waiting()
    outgoing.outbox.clear()
    return stored(pk)


def bounced(cast, message, reason="550 No such user"):
    with tenant(cast.acme.pk, user=cast.bob.user_id):
        return record_bounce(cast.bob, message, reason)


def resent(cast, message, actor=None):
    actor = actor or cast.bob
    with tenant(cast.acme.pk, user=actor.user_id):
        return resend_message(actor, message)


def released(cast):
    with tenant(cast.acme.pk, user=cast.bob.user_id):
        return release_address(cast.bob, StoppedAddress.objects.get())


@pytest.mark.parametrize("state", ["sent", "failed", "suppressed"])
def test_resending_is_a_mail_of_its_own_with_the_same_words(cast, sent, state):
    change(sent.pk, state=state)
    again = resent(cast, sent)
    assert send_waiting() == 1
    [message] = outgoing.outbox
    assert (message.subject, message.body) == (sent.subject, sent.text)
    assert message.extra_headers["Message-ID"] == again.message_id != sent.message_id
    assert stored(sent.pk).state == state
    resent(cast, sent)
    with tenant(cast.acme.pk):
        assert Message.objects.filter(resend_of=sent).count() == 2
        assert Event.objects.filter(verb="message.resent", object_id=sent.pk).count() == 2


def test_it_goes_to_the_readers_present_address(cast, sent):
    User.objects.filter(pk=cast.alice.user_id).update(email="alice@new.example")
    resent(cast, sent)
    send_waiting()
    assert outgoing.outbox[0].to == ["alice@new.example"]


@pytest.mark.parametrize("state", ["waiting", "sending"])
def test_what_is_on_its_way_is_not_sent_again(cast, sent, state):
    change(sent.pk, state=state)
    with pytest.raises(Refused, match="on its way"):
        resent(cast, sent)


def test_who_has_left_is_not_written_to_again(cast, sent):
    with tenant(cast.acme.pk):
        cast.alice.user.memberships.update(is_active=False)
    with pytest.raises(Refused, match="no longer has access"):
        resent(cast, sent)


@pytest.mark.parametrize("name", ["wendy", "fay", "vera"])
def test_only_who_may_manages_messages(cast, sent, name):
    with pytest.raises(NotAllowed):
        resent(cast, sent, getattr(cast, name))


def test_a_bounce_stops_the_address_until_it_is_released(cast, sent):
    assert bounced(cast, sent).state == MessageState.BOUNCED
    with pytest.raises(Refused, match="Release the address"):
        resent(cast, sent)
    (later,) = logged(cast, about="news")
    send_waiting()
    assert stored(later).state == MessageState.SUPPRESSED
    assert outgoing.outbox == []
    released(cast)
    resent(cast, stored(later))
    assert send_waiting() == 1
    with tenant(cast.acme.pk):
        verbs = set(Event.objects.values_list("verb", flat=True))
        assert {"message.bounced", "address.released", "message.resent"} <= verbs


def test_an_address_is_released_once_and_can_bounce_again(cast, sent):
    bounced(cast, sent)
    stopped = released(cast)
    with tenant(cast.acme.pk), pytest.raises(Refused, match="released already"):
        release_address(cast.bob, stopped)
    again = resent(cast, sent)
    send_waiting()
    bounced(cast, again)
    with tenant(cast.acme.pk):
        assert StoppedAddress.objects.filter(released_at__isnull=True).count() == 1


def test_the_bounce_handler_names_the_mail_by_its_message_id(cast, sent):
    said = io.StringIO()
    call_command("record_bounce", sent.message_id, "--reason", "550 <b>gone</b>\n\n", stdout=said)
    call_command("record_bounce", sent.message_id, stdout=said)
    assert f"{sent.address} is written to no more." in said.getvalue()
    assert "noted already" in said.getvalue()
    found = stored(sent.pk)
    assert (found.state, found.error) == (MessageState.BOUNCED, "550 <b>gone</b>")


@pytest.mark.parametrize("text", ["<a@b>", "nonsense", "<9.%s@x>" % ("0" * 36)])
def test_somebody_elses_message_id_is_an_error(cast, text):
    with pytest.raises(CommandError):
        call_command("record_bounce", text)


def test_a_forged_merchant_in_the_message_id_finds_nothing(cast, sent):
    forged = sent.message_id.replace(f"<{cast.acme.pk}.", f"<{cast.globex.pk}.")
    with pytest.raises(CommandError, match="No mail was sent"):
        call_command("record_bounce", forged)
