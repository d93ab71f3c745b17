"""Platform staff in the world of the security tests, and the rows their pages name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.test import Client, RequestFactory

from accounts.models import Merchant, User
from config.platform.door import CHOSEN
from config.platform.site import site
from core.tenancy import tenant

if TYPE_CHECKING:
    from tests.security.world import Person


def pass_second_step(person: Person, *, at: Merchant | None = None) -> None:
    """Give a code in the person's session, and choose a merchant on the platform pages."""
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = person.session
    request = RequestFactory().get("/")
    request.session = client.session
    means = person.user.authenticator_set.get(type="totp")
    record_authentication(request, person.user, "mfa", id=means.pk, type=means.type)
    if at is not None:
        request.session[CHOSEN] = at.pk
        person.chosen = at.slug
    request.session.save()
    person.passed_second_step = True


def platform_rows(merchant: Merchant, member: User) -> Iterator[tuple[str, int]]:
    """One row of each table of the platform pages, at this merchant or belonging to it."""
    for model in site._registry:
        noun = f"platform:{model._meta.label_lower.replace('.', '_')}"
        if model is Merchant:
            yield noun, merchant.pk
        elif model is User:
            yield noun, member.pk
        else:
            with tenant(merchant.pk):
                yield noun, model._base_manager.filter(merchant=merchant).order_by("pk")[0].pk
