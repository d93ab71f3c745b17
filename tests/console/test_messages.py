"""The message log in the console: found, read, sent again, released (F17)."""

from __future__ import annotations

import uuid

import pytest
from django.core import mail as outgoing

from audit.models import Message, StoppedAddress
from console.messages import words_of
from core.tenancy import tenant
from notifications.mail import send_waiting
from tests.audit.test_messages import change, logged, stored

pytestmark = pytest.mark.django_db
LIST = "/m/acme/messages/"


@pytest.fixture
def client(cast, sign_in):
    return sign_in(cast.bob)


def test_an_empty_log_says_what_will_be_here(client):
    page = client.get(LIST).content.decode()
    assert "No messages yet" in page
    assert "No mail server." in page


def test_the_list_is_filtered_by_state_kind_and_recipient(cast, client):
    first, second = logged(cast, cast.alice, cast.fay)
    change(first, state="failed", error="Nobody answered", subject="First")
    change(second, subject="Second", kind="rma.available")

    def shown(**asked):
        page = client.get(LIST, asked).content.decode()
        return [name for name in ("First", "Second") if name in page]

    assert shown() == ["First", "Second"]
    assert shown(state="failed") == ["First"]
    assert shown(kind="rma.available") == ["Second"]
    assert shown(q=cast.fay.user.email[:8].upper()) == ["Second"]
    assert shown(q="nobody") == shown(state="nonsense") == []


def test_pages_go_by_keyset(cast, client):
    for n in range(53):
        logged(cast, about=str(n))
    page = client.get(LIST).content.decode()
    assert page.count("/messages/") > 50
    assert "after=" in page
    assert "after=" not in client.get(LIST + "?after=broken&state=failed").content.decode()


def test_a_mail_is_read_as_it_was_sent_and_as_text_only(cast, client):
    (pk,) = logged(cast)
    change(
        pk,
        text="Line one\n<script>alert(1)</script>",
        html="<style>p{}</style><p>Words &amp; <a href='javascript:x()'>more</a></p><img src=x>",
    )
    send_waiting()
    page = client.get(f"{LIST}{stored(pk).public_id}/").content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "Words &amp; more" in page
    assert "javascript:x" not in page
    assert "<img src=x" not in page
    assert stored(pk).message_id.strip("<>") in page


def test_words_of_an_html_part():
    assert words_of("<p>a<br>b</p>\n <p>&lt;c&gt;</p><!-- d --><title>e</title>") == "a\nb\n<c>\ne"


def test_resend_and_release_from_the_pages(cast, client):
    (pk,) = logged(cast)
    send_waiting()
    where = f"{LIST}{stored(pk).public_id}/"
    data = {"key": uuid.uuid4()}
    page = client.post(f"{where}resend/", data, follow=True).content.decode()
    assert f"The mail goes to {cast.alice.user.email} again." in page
    client.post(f"{where}resend/", data)
    with tenant(cast.acme.pk):
        assert Message.objects.count() == 2
        StoppedAddress.objects.create(
            merchant=cast.acme, address=cast.alice.user.email, reason="550 gone"
        )
        stopped = StoppedAddress.objects.get()
    page = client.post(f"{where}resend/", {"key": uuid.uuid4()}, follow=True).content.decode()
    assert "Release the address" in page
    assert "550 gone" in client.get(LIST).content.decode()
    release = f"/m/acme/addresses/{stopped.public_id}/release/"
    page = client.post(release, {"key": uuid.uuid4()}, follow=True).content.decode()
    assert f"Mails go to {cast.alice.user.email} again." in page
    assert "550 gone" not in page
    assert send_waiting() == 1
    assert len(outgoing.outbox) == 2


def test_who_may_not_manage_does_not_see_the_log(cast, sign_in):
    assert sign_in(cast.wendy).get(LIST).status_code == 403
    assert ">Messages<" not in sign_in(cast.wendy).get("/m/acme/returns/").content.decode()
