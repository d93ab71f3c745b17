"""Tests of the pages and mails around signing in."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from allauth import urls as allauth_urls
from allauth.account.forms import ResetPasswordForm
from allauth.mfa.recovery_codes.forms import GenerateRecoveryCodesForm
from django import forms
from django.core import mail
from django.middleware.csrf import get_token
from django.template.loader import get_template, render_to_string
from django.test import Client, RequestFactory, override_settings
from django.urls import include, path
from django.utils import timezone

from tests.cast import Cast

# The pages of the second factor are drawn here even where their addresses are not published.
urlpatterns = [path("", include(allauth_urls))]


class CodeForm(forms.Form):
    code = forms.CharField()
    secret = "JBSWY3DPEHPK3PXP"


def codes(count: int) -> SimpleNamespace:
    return SimpleNamespace(get_unused_codes=lambda: ["12345678"] * count)


MFA = {"MFA_SUPPORTED_TYPES": ["totp", "recovery_codes"]}
PAGES: list[tuple[str, dict[str, Any]]] = [
    ("mfa/authenticate.html", {**MFA, "form": CodeForm()}),
    ("mfa/authenticate.html", {**MFA, "form": CodeForm({})}),
    (
        "mfa/reauthenticate.html",
        {
            "form": CodeForm(),
            "redirect_field": "",
            "reauthentication_alternatives": [{"url": "/x", "description": "Use your password"}],
        },
    ),
    (
        "mfa/index.html",
        {
            **MFA,
            "authenticators": {},
            "is_mfa_enabled": False,
            "MFA_RECOVERY_CODES_SHOW_ONCE": False,
        },
    ),
    (
        "mfa/index.html",
        {
            **MFA,
            "authenticators": {
                "totp": object(),
                "recovery_codes": codes(9),
            },
            "is_mfa_enabled": True,
            "MFA_RECOVERY_CODES_SHOW_ONCE": False,
        },
    ),
    (
        "mfa/totp/activate_form.html",
        {"form": CodeForm(), "totp_svg_data_uri": "data:image/svg+xml;base64,AA=="},
    ),
    ("mfa/totp/deactivate_form.html", {"form": forms.Form()}),
    (
        "mfa/recovery_codes/index.html",
        {
            "unused_codes": ["12345678", "87654321"],
            "total_count": 10,
            "can_view_codes": True,
            "can_download_codes": True,
            "can_generate_codes": True,
        },
    ),
    (
        "mfa/recovery_codes/generate.html",
        {"form": GenerateRecoveryCodesForm(user=None), "unused_code_count": 3},
    ),
    ("account/logout.html", {"redirect_field": ""}),
    ("account/password_reset.html", {"form": ResetPasswordForm({}), "login_url": "/login/"}),
    ("account/password_reset_done.html", {"login_url": "/login/"}),
    ("account/password_reset_from_key.html", {"token_fail": True, "login_url": "/login/"}),
    (
        "account/password_reset_from_key.html",
        {"form": CodeForm(), "action_url": "/x", "login_url": "/login/"},
    ),
    ("account/password_reset_from_key_done.html", {}),
    ("account/password_change.html", {"form": CodeForm({})}),
    ("account/password_set.html", {"form": CodeForm()}),
    ("account/reauthenticate.html", {"form": CodeForm(), "redirect_field": ""}),
    ("account/account_inactive.html", {}),
    ("account/signup_closed.html", {}),
    ("account/verification_sent.html", {}),
    ("account/email_confirm.html", {"confirmation": None}),
    (
        "account/email_confirm.html",
        {"confirmation": SimpleNamespace(key="k"), "email": "a@b.example"},
    ),
]


@pytest.mark.parametrize(("name", "context"), PAGES, ids=[name for name, _context in PAGES])
@override_settings(ROOT_URLCONF=__name__)
def test_every_page_draws_with_one_heading_and_no_inline_script(
    name: str, context: dict[str, Any]
) -> None:
    request = RequestFactory().get("/")
    request.session = {}  # type: ignore[assignment]
    request._messages = []  # type: ignore[attr-defined]
    request.actor = None  # type: ignore[attr-defined]
    request.user = SimpleNamespace(is_authenticated=False)  # type: ignore[assignment]
    get_token(request)
    html = get_template(name).render(dict(context), request)
    assert html.count("<h1>") == 1
    assert " style=" not in html
    assert not re.search(r"<script(?![^>]*(src=|application/json))", html)
    for form in re.findall(r'<form[^>]*method="post".*?</form>', html, re.DOTALL):
        assert "csrfmiddlewaretoken" in form


@pytest.mark.django_db
class TestSigningIn:
    def test_the_page_says_what_it_is_and_where_help_is(self, client: Client) -> None:
        html = client.get("/sign-in/").content.decode()
        assert "<h1>Sign in</h1>" in html
        assert 'autocomplete="current-password"' in html
        assert 'href="/password/forgotten/"' in html
        assert "sign up" not in html.lower()

    def test_a_wrong_password_is_said_at_the_top(self, client: Client, cast: Cast) -> None:
        assert cast.bob.user is not None
        answer = client.post("/sign-in/", {"login": cast.bob.user.email, "password": "wrong"})
        html = answer.content.decode()
        assert '<p class="form-error" role="alert">' in html
        assert cast.bob.user.email in html
        assert "wrong" not in html

    def test_the_mail_for_a_new_password_is_plain_and_ours(
        self, client: Client, cast: Cast
    ) -> None:
        assert cast.bob.user is not None
        answer = client.post("/password/forgotten/", {"email": cast.bob.user.email}, follow=True)
        assert "Check your mail" in answer.content.decode()
        assert len(mail.outbox) == 1
        message = mail.outbox[0]
        assert "Set a new password" in message.subject
        link = re.search(r"https?://[^/\s]+(/password/new/\S+)", str(message.body))
        assert link
        page = client.get(link[1], follow=True).content.decode()
        assert "Choose a new password" in page

    def test_an_old_link_leads_to_a_new_one(self, client: Client) -> None:
        html = client.get("/password/new/1-nonsense/").content.decode()
        assert "This link no longer works" in html
        assert "Send a new link" in html


class TestMails:
    def test_notes_about_the_account_say_when_and_from_where(self) -> None:
        context = {
            "current_site": SimpleNamespace(domain="returns.example"),
            "timestamp": timezone.now(),
            "ip": "192.0.2.1",
            "user_agent": "Browser <3",
        }
        for name in ("account/email/password_changed", "mfa/email/totp_activated"):
            text = render_to_string(f"{name}_message.txt", context)
            assert "192.0.2.1 with Browser <3" in text
            assert render_to_string(f"{name}_subject.txt", context).strip()
