"""Who gets into the platform pages, and whose tables they see."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts.models import Merchant, User
from accounts.permissions import Role
from config.platform.tables import PlatformTable
from core.tenancy import tenant
from tests.config.platform.conftest import signed_in
from tests.factories import MembershipFactory, OrderFactory

pytestmark = pytest.mark.django_db

START = "/platform/"
RETURNS = "/platform/returns/return/"


def test_strangers_are_sent_to_our_own_sign_in():
    response = Client().get(RETURNS)
    assert response.headers["Location"] == f"/sign-in/?next={RETURNS}"


@pytest.mark.parametrize("name", ["alice", "charlie", "vera", "cora"])
def test_people_of_merchants_do_not_learn_that_there_is_anything(cast, sign_in, name):
    client = sign_in(getattr(cast, name))
    nothing = client.get("/nowhere/")
    for address in (START, RETURNS, "/platform/choose/", "/platform/login/"):
        response = client.get(address)
        assert response.status_code == 404
        assert response.content.decode().replace(address, "") == nothing.content.decode().replace(
            "/nowhere/", ""
        )


def test_a_member_with_a_second_step_is_no_platform_staff(cast):
    assert signed_in(cast.alice.user).get(START).status_code == 404


def test_staff_without_a_second_step_are_led_to_switch_it_on(pat):
    client = signed_in(pat, second_step=False)
    response = client.get(START, follow=True)
    assert response.redirect_chain == [(reverse("mfa_index"), 302)]
    assert "need a second step at sign-in" in response.content.decode()


def test_staff_who_gave_only_the_password_are_asked_for_a_code(pat):
    TOTP.activate(pat, generate_totp_secret())
    response = signed_in(pat, second_step=False).get(RETURNS)
    assert (
        response.headers["Location"]
        == "/two-step/reauthenticate/?next=%2Fplatform%2Freturns%2Freturn%2F"
    )


def test_a_code_given_in_this_session_opens(pat):
    response = signed_in(pat).get(START)
    assert response.status_code == 200
    assert "Backhaul platform" in response.content.decode()


def test_a_code_of_a_means_that_is_gone_opens_nothing(pat):
    """A lost phone was replaced: sessions that began with it have to give a new code."""
    client = signed_in(pat)
    Authenticator.objects.filter(user=pat).delete()
    TOTP.activate(pat, generate_totp_secret())
    assert client.get(START).status_code == 302


def test_the_code_of_one_person_does_not_count_for_another(pat, sue):
    client = signed_in(pat)
    TOTP.activate(sue, generate_totp_secret())
    client.force_login(sue)
    assert client.get(START).status_code == 302


def test_losing_the_flag_or_the_account_counts_at_once(pat):
    client = signed_in(pat)
    pat.is_staff = False
    pat.save()
    assert client.get(START).status_code == 404
    pat.is_staff, pat.is_active = True, False
    pat.save()
    assert client.get(START).headers["Location"].startswith("/sign-in/")


@pytest.mark.parametrize(
    "address",
    [
        "login/",
        "logout/",
        "password_change/",
        "autocomplete/",
        "r/1/1/",
        "auth/group/",
        "orders/order/add/",
        "orders/order/1/delete/",
        "accounts/user/add/",
        "accounts/user/1/password/",
        "mfa/authenticator/",
        "account/emailaddress/",
    ],
)
def test_what_the_library_brings_beyond_reading_has_no_address(sue, address):
    assert signed_in(sue).get(f"/platform/{address}").status_code == 404


# --- one merchant -------------------------------------------------------------------------------


def test_without_a_merchant_there_is_a_choice_and_no_table(cast, pat):
    client = signed_in(pat)
    assert client.get(RETURNS).headers["Location"] == "/platform/choose/"
    page = client.get("/platform/choose/").content.decode()
    assert "Acme Gifts" in page
    assert "Globex" in page
    assert client.post("/platform/choose/", {"merchant": "acme"}).status_code == 302
    assert client.get(RETURNS).status_code == 200


@pytest.mark.parametrize("slug", ["", "nowhere", "\0"])
def test_a_choice_that_is_none_is_told(cast, pat, slug):
    response = signed_in(pat).post("/platform/choose/", {"merchant": slug})
    assert response.status_code == 422
    assert "There is no such merchant" in response.content.decode()


def test_merchants_are_found_by_name(cast, pat):
    page = signed_in(pat).get("/platform/choose/", {"q": "glob"}).content.decode()
    assert "Globex" in page
    assert "Acme" not in page


def test_only_the_chosen_merchant_is_seen(cast, pat):
    mine, other = (
        OrderFactory(merchant=cast.acme, number="ACME-1"),
        OrderFactory(merchant=cast.globex, number="GLOB-1"),
    )
    client = signed_in(pat, at=cast.acme)
    page = client.get("/platform/orders/order/").content.decode()
    assert "ACME-1" in page
    assert "GLOB-1" not in page
    assert client.get(f"/platform/orders/order/{mine.pk}/change/").status_code == 200
    absent = client.get(f"/platform/orders/order/{10**9}/change/")
    foreign = client.get(f"/platform/orders/order/{other.pk}/change/")
    assert (absent.status_code, foreign.status_code) == (404, 404)

    client.post("/platform/choose/", {"merchant": "globex"})
    assert "GLOB-1" in client.get("/platform/orders/order/").content.decode()
    assert client.get(f"/platform/orders/order/{mine.pk}/change/").status_code == 404


def test_a_membership_of_ones_own_elsewhere_does_not_mix_in(cast, pat):
    """Row-level security shows a user their own memberships everywhere; not on these pages."""
    MembershipFactory(merchant=cast.globex, user=pat, role=Role.OWNER)
    page = signed_in(pat, at=cast.acme).get("/platform/accounts/membership/").content.decode()
    assert "Alice Owner" in page
    assert "Pat Platform" not in page.partition("<main")[2]


def test_the_database_alone_keeps_merchants_apart(cast, pat, monkeypatch):
    """With the pages' own filter away, the bound merchant still decides."""
    OrderFactory(merchant=cast.globex, number="GLOB-1")
    OrderFactory(merchant=cast.acme, number="ACME-1")
    monkeypatch.setattr(
        PlatformTable, "get_queryset", lambda self, request: self.model.objects.order_by("-pk")
    )
    page = signed_in(pat, at=cast.acme).get("/platform/orders/order/").content.decode()
    assert "ACME-1" in page
    assert "GLOB-1" not in page


def test_a_chosen_merchant_that_is_gone_is_none(cast, pat):
    client = signed_in(pat)
    session = client.session
    session["platform_merchant"] = 10**9
    session.save()
    assert client.get(RETURNS).headers["Location"] == "/platform/choose/"
    with tenant(system=True):
        assert Merchant.objects.count() >= 2


def test_the_first_of_the_staff_is_made_by_command(db):
    call_command("createsuperuser", email="Root@Example.com", name="Root", interactive=False)
    root = User.objects.get()
    assert (root.email, root.name, root.is_staff) == ("root@example.com", "Root", True)
    assert signed_in(root).get(START).status_code == 200


def test_refusals_within_the_limits_of_sign_in_stay(pat):
    """Codes on the way in are limited like at sign-in: the door has no way of its own."""
    TOTP.activate(pat, generate_totp_secret())
    client = signed_in(pat, second_step=False)
    for _ in range(12):
        last = client.post("/two-step/reauthenticate/", {"code": "000000"})
    assert last.status_code in (200, 429)
    assert client.get(START).status_code == 302


def test_the_front_door_leads_staff_of_no_merchant_here(cast, pat):
    assert signed_in(pat).get("/").headers["Location"] == START
    assert signed_in(cast.alice.user).get("/").headers["Location"] == "/m/acme/returns/"
