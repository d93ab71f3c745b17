"""The front door: where a person who signed in belongs."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.models import Membership, User
from accounts.permissions import STAFF_ROLES, Role


def home(request: HttpRequest) -> HttpResponse:
    """Go to the only place the user has, or show the choice; say so when there is none.

    Platform staff who belong to no merchant go to the platform pages.
    """
    places = places_of(request)
    if len(places) == 1:
        return redirect(places[0].address)
    if not places and request.user.is_staff:
        return redirect("platform:index")
    return render(request, "home.html", {"places": places})


class Place:
    """One surface of one merchant that a membership opens."""

    def __init__(self, membership: Membership) -> None:
        self.merchant = membership.merchant
        self.role = membership.get_role_display()
        self.is_console = membership.role in STAFF_ROLES
        self.is_portal_of_vendor = membership.role == Role.VENDOR
        if membership.role == Role.VENDOR:
            self.route = "vendor_portal:purchase_orders"
        elif membership.role == Role.CUSTOMER:
            self.route = "customer_portal:orders"
        else:
            self.route = "console:returns"

    @property
    def address(self) -> str:
        """Where the place begins."""
        return reverse(self.route, kwargs={"merchant": self.merchant.slug})


def memberships_of(request: HttpRequest) -> list[Membership]:
    """The user's active memberships with their merchants, by merchant name; read once a request.

    The gate asks for them first, the merchant switcher of the page's frame again.
    """
    known: list[Membership] | None = getattr(request, "memberships", None)
    if known is None:
        user = cast("User", request.user)
        known = list(
            Membership.objects.filter(user_id=user.pk or 0, is_active=True)
            .select_related("merchant")
            .order_by("merchant__name", "id")
        )
        for membership in known:
            membership.user = user
        request.memberships = known  # type: ignore[attr-defined]
    return known


def places_of(request: HttpRequest) -> list[Place]:
    """Everywhere the user may go, by merchant name."""
    return [Place(membership) for membership in memberships_of(request)]
