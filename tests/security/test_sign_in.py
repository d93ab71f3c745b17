"""Signing in and out: nothing is told to strangers, sessions end when they should (G21)."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.test import Client

from accounts.models import Membership, Merchant, User
from core.tenancy import tenant
from tests.factories import PASSWORD
from tests.security.test_routes import plain
from tests.security.world import World

pytestmark = pytest.mark.django_db

NEW = "another-long-password"
HOME = "/m/acme/returns/"


@pytest.fixture(autouse=True)
def no_limits_of_earlier_tests(quiet: None) -> None:
    cache.clear()


@pytest.fixture
def visitor(world: World) -> Client:
    """A browser nobody is signed in to."""
    return world.client(world.people["anonymous"])


@pytest.fixture
def bob(world: World) -> User:
    return world.people["bob"].user


def sign_in(visitor: Client, email: str, password: str = PASSWORD, **more: Any) -> Any:
    return visitor.post("/sign-in/", {"login": email, "password": password, **more})


def is_in(visitor: Client) -> bool:
    """Whether the browser reaches Acme's returns."""
    return visitor.get(HOME).status_code == 200


def errors(response: Any) -> list[str]:
    """The complaints on a page."""
    found = re.findall(r'class="form-error"[^>]*>(.*?)</p>', response.content.decode(), re.DOTALL)
    return [re.sub(r"<[^>]+>|\s+", " ", text).strip() for text in found]


# --- who is told what ---------------------------------------------------------------------------


def test_a_wrong_password_is_refused_in_the_same_words_for_known_and_unknown(visitor, bob):
    known = sign_in(visitor, bob.email, "wrong")
    unknown = sign_in(visitor, "nobody@example.com", "wrong")
    assert (known.status_code, unknown.status_code) == (200, 200)
    assert errors(known) == errors(unknown) != []
    same = plain(unknown, "nobody@example.com"), plain(known, bob.email)
    assert same[0] == same[1]


def test_the_right_password_opens_the_door_in_any_case_of_the_address(visitor, bob):
    assert not is_in(visitor)
    assert sign_in(visitor, bob.email.upper()).status_code == 302
    assert is_in(visitor)


def test_a_new_password_may_be_asked_for_without_telling_who_has_an_account(visitor, bob):
    pages = []
    for email in (bob.email, "nobody@example.com"):
        response = visitor.post("/password/forgotten/", {"email": email})
        pages.append((response.status_code, response.headers["Location"]))
        pages.append(plain(visitor.get(response.headers["Location"]), email))
    assert pages[:2] == pages[2:]
    assert [message.to for message in mail.outbox] == [[bob.email], ["nobody@example.com"]]
    assert "/password/new/" not in mail.outbox[1].body


def test_sign_up_is_closed(visitor):
    before = User.objects.count()
    data = {"email": "new@example.com", "password1": NEW, "password2": NEW, "name": "New"}
    for response in (visitor.get("/sign-up/"), visitor.post("/sign-up/", data)):
        assert response.status_code == 200
        assert "Accounts are by invitation" in response.content.decode()
    assert User.objects.count() == before


@pytest.mark.parametrize("name", ["ivan", "nora"])
def test_nobody_learns_from_the_door_that_an_account_is_switched_off(world, visitor, name):
    wrong = sign_in(visitor, world.people[name].user.email, "wrong")
    unknown = sign_in(visitor, "nobody@example.com", "wrong")
    assert errors(wrong) == errors(unknown)


def test_a_switched_off_account_stays_out_even_with_its_password(world, visitor):
    response = sign_in(visitor, world.people["ivan"].user.email)
    assert response.headers["Location"] == "/sign-in/inactive/"
    assert visitor.get("/").headers["Location"] == "/sign-in/?next=/"
    assert not is_in(visitor)


# --- guessing -----------------------------------------------------------------------------------


def test_after_five_failures_even_the_right_password_waits(visitor, bob):
    for _ in range(5):
        assert errors(sign_in(visitor, bob.email, "wrong")) != []
    locked = sign_in(visitor, bob.email)
    assert locked.status_code in (200, 429)
    assert not is_in(visitor)


def test_one_persons_failures_do_not_lock_out_another(world, visitor, bob):
    for _ in range(5):
        sign_in(visitor, bob.email, "wrong")
    assert sign_in(visitor, world.people["fay"].user.email).status_code == 302


def test_an_unknown_address_is_locked_like_a_known_one(visitor, bob):
    """Else the lock itself would tell who has an account."""
    answers = []
    for email in (bob.email, "nobody@example.com"):
        cache.clear()
        for _ in range(6):
            last = sign_in(visitor, email, "wrong")
        answers.append((last.status_code, errors(last)))
    assert answers[0] == answers[1]


def test_mails_for_a_new_password_are_limited(visitor, bob):
    answers = [
        visitor.post("/password/forgotten/", {"email": bob.email}).status_code for _ in range(8)
    ]
    assert len(mail.outbox) <= 5
    assert set(answers) <= {302, 200, 429}


# --- the second step ----------------------------------------------------------------------------


def test_with_a_second_step_the_password_alone_opens_nothing(world, visitor):
    alice = world.people["alice"].user
    assert sign_in(visitor, alice.email).headers["Location"].startswith("/two-step/")
    assert not is_in(visitor)
    assert visitor.post("/two-step/authenticate/", {"code": "000000"}).status_code == 200
    assert not is_in(visitor)

    assert visitor.post("/two-step/authenticate/", {"code": code_of(alice)}).status_code == 302
    assert is_in(visitor)


def test_codes_cannot_be_guessed_in_a_row(world, visitor):
    alice = world.people["alice"].user
    sign_in(visitor, alice.email)
    for _ in range(12):
        visitor.post("/two-step/authenticate/", {"code": "000000"})
    visitor.post("/two-step/authenticate/", {"code": code_of(alice)})
    assert not is_in(visitor)


def code_of(user: User) -> str:
    """What the person's phone shows now."""
    secret = TOTP(user.authenticator_set.get(type="totp")).instance.data["secret"]
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


# --- sessions -----------------------------------------------------------------------------------


def test_signing_in_changes_the_session(visitor, bob):
    """A session planted in somebody's browser beforehand must not become theirs."""
    visitor.get("/sign-in/")
    planted = visitor.session
    planted["seen"] = "before"
    planted.save()
    visitor.cookies[settings.SESSION_COOKIE_NAME] = planted.session_key
    sign_in(visitor, bob.email)
    assert is_in(visitor)
    assert visitor.cookies[settings.SESSION_COOKIE_NAME].value != planted.session_key
    assert not Session.objects.filter(session_key=planted.session_key).exists()


def test_signing_out_ends_the_session_on_the_server(visitor, bob):
    sign_in(visitor, bob.email)
    stolen = visitor.cookies[settings.SESSION_COOKIE_NAME].value
    assert visitor.post("/sign-out/").status_code == 302
    assert not is_in(visitor)
    visitor.cookies[settings.SESSION_COOKIE_NAME] = stolen
    assert not is_in(visitor)


def test_a_link_cannot_sign_anybody_out(visitor, bob):
    sign_in(visitor, bob.email)
    assert visitor.get("/sign-out/").status_code == 200
    assert is_in(visitor)


def test_switching_an_account_off_ends_its_sessions(world, bob):
    visitor = world.client(world.people["bob"])
    assert is_in(visitor)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert not is_in(visitor)


def test_losing_a_membership_or_a_role_counts_at_once(world, bob):
    visitor = world.client(world.people["bob"])
    closing = f"/m/acme/returns/{world.of('return')[0].ref}/close/"
    assert visitor.get(closing).status_code == 200
    with tenant(system=True):
        acme = Merchant.objects.get(slug="acme")
    with tenant(acme.pk):
        mine = Membership.objects.filter(user=bob)
        mine.update(role="read_only")
        assert visitor.get(closing).status_code == 403
        mine.update(is_active=False)
        assert visitor.get(closing).status_code == 404


def test_a_new_password_ends_all_other_sessions(visitor, bob):
    here, there = Client(), visitor
    here.force_login(bob)
    sign_in(there, bob.email)
    assert is_in(here)
    changed = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert here.post("/password/change/", changed).status_code == 302
    assert not is_in(there)
    assert errors(sign_in(there, bob.email)) != []
    assert sign_in(there, bob.email, NEW).status_code == 302


def test_a_weak_or_wrong_old_password_changes_nothing(visitor, bob):
    sign_in(visitor, bob.email)
    for old, new in (
        ("wrong", NEW),
        (PASSWORD, "short"),
        (PASSWORD, "12345678901"),
        (PASSWORD, ""),
    ):
        data = {"oldpassword": old, "password1": new, "password2": new}
        assert visitor.post("/password/change/", data).status_code == 200
        cache.clear()
    bob.refresh_from_db()
    assert bob.check_password(PASSWORD)


def test_the_mailed_link_sets_a_password_once(visitor, bob):
    sessions = Client()
    sessions.force_login(bob)
    visitor.post("/password/forgotten/", {"email": bob.email})
    link = re.search(r"https?://[^/\s]+(/password/new/\S+)", mail.outbox[0].body)[1]
    form = visitor.get(link).headers["Location"]
    data = {"password1": NEW, "password2": NEW}
    assert visitor.post(form, data).status_code == 302
    assert not is_in(sessions)
    assert not is_in(visitor)
    assert "no longer works" in Client().get(link, follow=True).content.decode()
    assert sign_in(visitor, bob.email, NEW).status_code == 302


def test_the_cookies_are_out_of_reach_for_scripts_and_other_sites(visitor, bob):
    response = sign_in(visitor, bob.email)
    page = visitor.get("/password/change/")
    for cookie in (
        response.cookies[settings.SESSION_COOKIE_NAME],
        page.cookies[settings.CSRF_COOKIE_NAME],
    ):
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
        assert not cookie["domain"]


# --- leaving the site ---------------------------------------------------------------------------

ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example",
    "https:evil.example",
    "https:///evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "http://localhost@evil.example/",
    "/\t/evil.example/",
    " //evil.example/",
]


@pytest.mark.parametrize("address", ELSEWHERE)
def test_signing_in_never_leads_off_the_site(visitor, bob, address):
    response = sign_in(visitor, bob.email, next=address)
    assert (response.status_code, response.headers["Location"]) == (302, "/")


@pytest.mark.parametrize("address", ELSEWHERE)
def test_signing_out_and_being_signed_in_lead_nowhere_else_either(visitor, bob, address):
    visitor.force_login(bob)
    assert visitor.get("/sign-in/", {"next": address}).headers["Location"] == "/"
    assert visitor.post("/sign-out/", {"next": address}).headers["Location"] == "/"


def test_an_address_of_ours_is_kept(visitor, bob):
    door = visitor.get(f"{HOME}?tab=open").headers["Location"]
    assert door == "/sign-in/?next=/m/acme/returns/%3Ftab%3Dopen"
    response = sign_in(visitor, bob.email, next=f"{HOME}?tab=open")
    assert response.headers["Location"] == f"{HOME}?tab=open"


def test_a_forged_host_gets_no_mail_sent(visitor, bob):
    response = visitor.post(
        "/password/forgotten/", {"email": bob.email}, headers={"host": "evil.example"}
    )
    assert response.status_code == 400
    assert mail.outbox == []
