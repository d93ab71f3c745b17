"""The gate: who is asking, at which merchant, and whether the route is theirs.

Last in the list. Opens the transaction that carries the tenant settings, so that every query of the
view runs behind both walls (RECIPES: process_view would run outside the transaction).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.contrib.auth.views import redirect_to_login
from django.core.handlers.exception import convert_exception_to_response
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils import timezone
from psycopg.errors import LockNotAvailable

from accounts.actor import Actor
from accounts.routes import ROLES_OF_AUDIENCE, ROUTES, Audience, Route
from config.home import memberships_of
from config.platform.door import enter
from core.errors import NotAllowed
from core.tenancy import bind, tenant


class TenantMiddleware:
    """Reads the route table, finds the actor, binds the tenant, then lets the view run."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        # Refusals become pages in here, so that they get the same headers as any other page.
        self.pass_gate = convert_exception_to_response(self._pass_gate)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer 404, 403, 405 or a redirect to sign-in, or what the view answers.

        Nothing that comes through here may be kept: not by proxies, not by a shared computer.
        """
        response = cast("HttpResponse", self.pass_gate(request))
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Whoever waits too long for somebody else's lock is told so; nothing was changed."""
        if isinstance(exception.__cause__, LockNotAvailable):
            response = render(request, "busy.html", status=503)
            response.headers["Retry-After"] = "3"
            return response
        return None

    def _pass_gate(self, request: HttpRequest) -> HttpResponse:
        request.actor = None  # type: ignore[attr-defined]
        try:
            match = resolve(request.path_info)
        except Resolver404:
            return self.get_response(request)
        route = ROUTES.get(match.view_name)
        if route is None:
            raise Http404  # the boot check names it; until then nobody gets in
        if route.audience is Audience.PUBLIC:
            return self._answer(request, route)
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if route.audience in (Audience.PLATFORM, Audience.PLATFORM_MERCHANT):
            with tenant(system=True):
                return self._as_platform(request, route)
        with tenant(user=request.user.pk):
            return self._as_member(request, route, match)

    def _as_member(self, request: HttpRequest, route: Route, match: ResolverMatch) -> HttpResponse:
        if route.audience is Audience.SIGNED_IN:
            return self._answer(request, route)
        actor = find_actor(request, route, match.kwargs["merchant"])
        if route.permission and not actor.may(route.permission):
            raise NotAllowed(route.permission)
        request.actor = actor  # type: ignore[attr-defined]
        bind(
            merchant=actor.merchant_id,
            user=request.user.pk,
            vendor=actor.vendor_id,
            customer=actor.customer_id,
        )
        with timezone.override(actor.merchant.zone):
            return self._answer(request, route)

    def _as_platform(self, request: HttpRequest, route: Route) -> HttpResponse:
        elsewhere = enter(request, route)
        if elsewhere is not None:
            return elsewhere
        merchant = request.visitor.merchant  # type: ignore[attr-defined]
        if route.audience is Audience.PLATFORM or merchant is None:
            return self._answer(request, route)
        bind(merchant=merchant.pk)  # the merchant alone: nothing of another one can be seen
        with timezone.override(merchant.zone):
            return self._answer(request, route)

    def _answer(self, request: HttpRequest, route: Route) -> HttpResponse:
        if request.method not in route.methods:
            return HttpResponseNotAllowed(route.methods)
        response = self.get_response(request)
        if response.status_code >= 500 and transaction.get_connection().in_atomic_block:
            transaction.set_rollback(True)
        return response


def find_actor(request: HttpRequest, route: Route, slug: str) -> Actor:
    """The signed-in user as a member of merchant `slug` for this audience, else Http404."""
    roles = ROLES_OF_AUDIENCE[route.audience]
    mine = [
        one for one in memberships_of(request) if one.merchant.slug == slug and one.role in roles
    ]
    if not mine:
        raise Http404
    return min(mine, key=lambda one: one.pk).actor()
