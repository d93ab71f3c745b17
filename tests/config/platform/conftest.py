"""Platform staff in a browser: with and without a second step, at a merchant or at none."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client, RequestFactory

from accounts.models import Merchant, User
from config.platform.door import CHOSEN
from tests.cast import Cast
from tests.factories import UserFactory


def signed_in(user: User, *, second_step: bool = True, at: Merchant | None = None) -> Client:
    """A browser in which `user` is signed in, with the second step passed, at merchant `at`."""
    client = Client()
    client.force_login(user)
    request = RequestFactory().get("/")
    request.session = client.session
    record_authentication(request, user, "password")
    if second_step:
        if not Authenticator.objects.filter(user=user).exists():
            TOTP.activate(user, generate_totp_secret())
        means = Authenticator.objects.filter(user=user)[0]
        record_authentication(request, user, "mfa", id=means.pk, type=means.type)
    if at is not None:
        request.session[CHOSEN] = at.pk
    request.session.save()
    return client


@pytest.fixture
def pat(db: Any) -> User:
    """Platform staff, no superuser."""
    return UserFactory(name="Pat Platform", is_staff=True)


@pytest.fixture
def sue(db: Any) -> User:
    """Platform staff and superuser."""
    return UserFactory(name="Sue Super", is_staff=True, is_superuser=True)


@pytest.fixture
def at_desk(cast: Cast, pat: User) -> Client:
    """Pat, who has chosen Acme."""
    return signed_in(pat, at=cast.acme)
