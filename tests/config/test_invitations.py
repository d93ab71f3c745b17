"""Invitations: the mail, the page behind its link, and what becomes of used and old links (G8)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core import mail as outgoing
from django.test import Client
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Invitation, Membership, NoticeSwitch, User, Vendor
from accounts.permissions import Role
from actions.people import invite, resend_invitation, withdraw_invitation
from audit.models import Message
from core.tenancy import tenant
from tests.cast import Cast, SignIn, member
from tests.factories import PASSWORD, UserFactory, VendorFactory
from tests.outbox import deliver_all

pytestmark = pytest.mark.django_db

EMAIL = "nell@northlight.example"
NEW = {"name": "Nell North", "password": "lantern-and-twine", "again": "lantern-and-twine"}


def asked(cast: Cast, email: str = EMAIL, vendor: Vendor | None = None) -> Invitation:
    """Alice invites a user of Northlight."""
    with tenant(cast.acme.pk):
        return invite(cast.alice, email, Role.VENDOR, vendor or cast.northlight)


def last_link() -> str:
    """The path in the mail that went out last."""
    deliver_all()
    text = str(outgoing.outbox[-1].body)
    found = re.search(re.escape(settings.SITE_URL) + r"(/invitation/\S+)", text)
    assert found
    return found[1]


def places(cast: Cast, email: str = EMAIL) -> list[tuple[str, int | None, bool]]:
    with tenant(cast.acme.pk):
        found = Membership.objects.filter(user__email=email, merchant=cast.acme)
        return list(found.values_list("role", "vendor", "is_active"))


def test_the_mail_brings_a_new_person_in_and_offers_the_second_step(cast: Cast) -> None:
    asked(cast)
    link, browser = last_link(), Client()
    sent = outgoing.outbox[-1]
    assert sent.to == [EMAIL]
    assert "Northlight Lamps" in sent.body
    assert "Acme Gifts invites you" in browser.get(link).text

    done = browser.post(link, NEW, follow=True)

    assert done.redirect_chain == [("/welcome/", 302)]
    assert "Set up two-step sign-in" in done.text
    assert places(cast) == [("vendor", cast.northlight.pk, True)]
    assert browser.get("/vendors/acme/").status_code == 200
    assert browser.get("/two-step/totp/activate/").status_code == 200
    assert browser.get("/m/acme/returns/").status_code == 404


def test_the_message_log_never_holds_the_link(cast: Cast) -> None:
    asked(cast)
    link = last_link()
    with tenant(cast.acme.pk):
        logged = Message.objects.get(kind="invitation")
    assert link not in logged.text + logged.html + logged.link
    assert "/invitation/hidden/" in logged.text
    assert "not complete" in Client().get("/invitation/hidden/").text


def test_a_link_works_once(cast: Cast) -> None:
    asked(cast)
    link = last_link()
    Client().post(link, NEW)
    stranger = Client()
    assert "used already" in stranger.get(link).text
    assert "used already" in stranger.post(link, {**NEW, "name": "Mallory"}).text
    assert User.objects.get(email=EMAIL).name == "Nell North"
    assert stranger.get("/vendors/acme/").status_code == 302


def test_withdrawn_replaced_and_old_links_say_so_and_do_nothing(cast: Cast) -> None:
    invitation = asked(cast)
    first = last_link()
    with tenant(cast.acme.pk):
        resend_invitation(cast.alice, invitation)
    second = last_link()
    assert first != second
    assert "newer mail has replaced" in Client().post(first, NEW).text
    with tenant(cast.acme.pk):
        Invitation.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    assert "too old" in Client().post(second, NEW).text
    with tenant(cast.acme.pk):
        withdraw_invitation(cast.alice, invitation)
    assert "withdrawn" in Client().post(second, NEW).text
    assert "not complete" in Client().get(second[:-3] + "x/").text
    assert (places(cast), User.objects.filter(email=EMAIL).exists()) == ([], False)


def test_a_forwarded_link_opens_nobody_elses_account(cast: Cast, sign_in: SignIn) -> None:
    asked(cast, cast.vic.user.email)
    link = last_link()
    assert "There is an account with your address" in Client().get(link).text
    assert "There is an account with your address" in Client().post(link, NEW).text
    other = sign_in(cast.vera)
    assert "for another address" in other.get(link).text
    assert "for another address" in other.post(link, NEW).text
    assert cast.vic.user.check_password(PASSWORD)
    assert places(cast, cast.vic.user.email) == [("vendor", cast.paper.pk, True)]


def test_one_account_serves_several_merchants(cast: Cast, sign_in: SignIn) -> None:
    gadgets = VendorFactory(merchant=cast.globex, name="Gadgets")
    with tenant(cast.globex.pk):
        invite(cast.charlie, cast.vera.user.email.upper(), Role.VENDOR, gadgets)
    browser = sign_in(cast.vera)
    done = browser.post(last_link(), follow=True)
    assert "Go to Globex" in done.text
    assert "Go to Acme Gifts" in done.text
    assert browser.get("/vendors/globex/").status_code == 200
    assert browser.get("/vendors/acme/").status_code == 200


def test_passwords_must_agree_and_be_good(cast: Cast) -> None:
    asked(cast)
    link, browser = last_link(), Client()
    assert "differ" in browser.post(link, {**NEW, "again": "something-else-1"}).text
    short = browser.post(link, {**NEW, "password": "short", "again": "short"})
    assert (short.status_code, "too short" in short.text) == (422, True)
    assert browser.post(link, {}).status_code == 422
    assert places(cast) == []


@pytest.mark.parametrize("switched_on", [True, False])
def test_new_users_start_with_the_mails_their_vendor_says(cast: Cast, switched_on: bool) -> None:
    with tenant(cast.acme.pk):
        Vendor.objects.filter(pk=cast.northlight.pk).update(notify_new_users=switched_on)
    asked(cast)
    Client().post(last_link(), NEW)
    with tenant(cast.acme.pk):
        on = list(NoticeSwitch.objects.filter(is_on=True).values_list("kind", flat=True))
    assert on == (["rma.available"] if switched_on else [])


def test_a_withdrawn_invitation_is_not_even_sent(cast: Cast) -> None:
    invitation = asked(cast)
    with tenant(cast.acme.pk):
        withdraw_invitation(cast.alice, invitation)
    deliver_all()
    assert outgoing.outbox == []


# --- the desk -----------------------------------------------------------------------------------


@pytest.fixture
def alice(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.alice)


def users_page(cast: Cast) -> str:
    return f"/m/acme/settings/vendors/{cast.northlight.public_id}/users/"


def test_users_are_invited_listed_sent_again_and_withdrawn(cast: Cast, alice: Client) -> None:
    page = users_page(cast)
    assert "Vera Vance" in alice.get(page).text
    sent = {"key": uuid4(), "email": EMAIL}
    shown = alice.post(page, sent, follow=True).text
    assert "Invited" in shown
    assert EMAIL in shown
    again = alice.post(page, {"key": uuid4(), "email": EMAIL})
    assert (again.status_code, "has been invited already" in again.text) == (409, True)
    with tenant(cast.acme.pk):
        made = Invitation.objects.get()
    base = f"/m/acme/settings/invitations/{made.public_id}/"
    assert alice.post(f"{base}resend/", {"key": uuid4()}).url == page
    assert alice.post(f"{base}withdraw/", {"key": uuid4()}).url == page
    assert EMAIL not in alice.get(page).text.replace(f"of {EMAIL} is withdrawn", "").replace(
        f"{EMAIL} gets", ""
    )
    refused = alice.post(f"{base}resend/", {"key": uuid4()})
    assert (refused.status_code, "was withdrawn" in refused.text) == (409, True)


def person_page(cast: Cast, actor: Actor) -> str:
    with tenant(cast.acme.pk):
        found = Membership.objects.get(user=actor.user, merchant=cast.acme)
    return f"/m/acme/settings/people/{found.public_id}/"


def test_a_tab_kept_open_after_the_membership_ended(
    cast: Cast, alice: Client, sign_in: SignIn
) -> None:
    vera = sign_in(cast.vera)
    address = "/vendors/acme/notifications/"
    assert vera.get(address).status_code == 200
    assert alice.post(person_page(cast, cast.vera), {"key": uuid4()}).url == users_page(cast)

    late = vera.post(address, {"key": uuid4(), "rma_available": "on"})

    assert (late.status_code, "There is nothing here" in late.text) == (404, True)
    with tenant(cast.acme.pk):
        assert not NoticeSwitch.objects.exists()
    back = {"key": uuid4(), "may_sign_in": "on"}
    alice.post(person_page(cast, cast.vera), back)
    assert vera.get(address).status_code == 200


def test_the_last_owner_stays_and_owners_are_the_business_of_owners(
    cast: Cast, alice: Client, sign_in: SignIn
) -> None:
    last = alice.post(
        person_page(cast, cast.alice), {"key": uuid4(), "role": "agent", "may_sign_in": "on"}
    )
    assert (last.status_code, "last active owner" in last.text) == (409, True)
    off = alice.post(person_page(cast, cast.alice), {"key": uuid4(), "role": "owner"})
    assert (off.status_code, "cannot switch yourself off" in off.text) == (409, True)

    mona = sign_in(member(cast.acme, "Mona Manager", Role.MANAGER))
    page = person_page(cast, cast.alice)
    assert mona.post(page, {"key": uuid4(), "role": "owner"}).status_code == 409
    promoted = {"key": uuid4(), "role": "owner", "may_sign_in": "on"}
    assert mona.post(person_page(cast, cast.bob), promoted).status_code == 422
    invited = {"key": uuid4(), "email": "x@example.com", "role": "owner"}
    assert mona.post("/m/acme/settings/people/", invited).status_code == 422
    assert alice.post(person_page(cast, cast.bob), promoted).status_code == 302
    assert places(cast, cast.bob.user.email) == [("owner", None, True)]


def test_staff_are_invited_with_a_role(cast: Cast, alice: Client) -> None:
    sent = {"key": uuid4(), "email": "ned@example.com", "role": "finance"}
    assert "Invited" in alice.post("/m/acme/settings/people/", sent, follow=True).text
    browser = Client()
    browser.post(last_link(), NEW)
    assert places(cast, "ned@example.com") == [("finance", None, True)]
    assert browser.get("/m/acme/credits/").status_code == 200
    known: Any = alice.post("/m/acme/settings/people/", {**sent, "key": uuid4()})
    assert "belongs here already" in known.text


def test_a_switched_off_account_cannot_be_invited_around(cast: Cast, alice: Client) -> None:
    alice.post(person_page(cast, cast.vera), {"key": uuid4()})
    page = alice.post(users_page(cast), {"key": uuid4(), "email": cast.vera.user.email})
    assert "Switch it on instead" in page.text


def test_a_person_of_another_merchant_is_not_there(cast: Cast, sign_in: SignIn) -> None:
    charlie = sign_in(cast.charlie)
    theirs = person_page(cast, cast.bob).replace("acme", "globex")
    assert charlie.get(theirs).status_code == 404
    assert UserFactory(name="Nobody").memberships.count() == 0
