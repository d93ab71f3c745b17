"""What every page's frame shows: navigation, merchant switcher, who is signed in."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from accounts.actor import Actor, ActorKind
from accounts.models import Vendor
from config.home import places_of
from console.navigation import navigation as console_navigation
from core.shells import NavigationItem, NavigationSection, Shell


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `shell` for the frame (lazily: error pages ask nothing) and `actor`."""
    actor = getattr(request, "actor", None)
    return {"actor": actor, "shell": SimpleLazyObject(lambda: _shell(request, actor))}


def _shell(request: HttpRequest, actor: Actor | None) -> Shell:
    user: Any = request.user
    if actor is None:
        name, initials = (user.name, user.initials) if user.is_authenticated else ("", "")
        return Shell(merchant_name="Backhaul", user_name=name, user_initials=initials)
    common: dict[str, Any] = {
        "merchant_name": actor.merchant.name,
        "user_name": user.name,
        "user_initials": user.initials,
        "account_links": [
            (_("Two-step sign-in"), reverse("mfa_index")),
            (_("Change password"), reverse("account_change_password")),
        ],
    }
    if actor.kind is ActorKind.STAFF:
        return _console(request, actor, common)
    if actor.kind is ActorKind.VENDOR:
        vendor = Vendor.objects.get(pk=actor.vendor_id or 0)
        notices = reverse("vendor_portal:notifications", args=[actor.merchant.slug])
        common["account_links"].insert(0, (_("Notifications"), notices))
        return Shell(
            **common,
            user_note=vendor.name,
            switcher=[
                (place.merchant.name, place.address, place.merchant.pk == actor.merchant_id)
                for place in places_of(request)
                if place.is_portal_of_vendor
            ],
            home_href=reverse("vendor_portal:purchase_orders", args=[actor.merchant.slug]),
        )
    return Shell(**common, home_href=reverse("customer_portal:orders", args=[actor.merchant.slug]))


def _console(request: HttpRequest, actor: Actor, common: dict[str, Any]) -> Shell:
    here = request.resolver_match.view_name if request.resolver_match else ""
    places = [place for place in places_of(request) if place.is_console]
    return Shell(
        **common,
        user_note=str(actor.role.label) if actor.role else "",
        navigation=[
            NavigationSection(
                [
                    NavigationItem(
                        label=str(entry.label),
                        href=reverse(entry.route, args=[actor.merchant.slug]),
                        icon=entry.icon,
                        current=here in entry.routes,
                    )
                    for entry in console_navigation(actor)
                ]
            )
        ],
        switcher=[
            (place.merchant.name, place.address, place.merchant.pk == actor.merchant_id)
            for place in places
        ],
        search_href=reverse("console:returns", args=[actor.merchant.slug]),
        search_query=request.GET.get("q", "") if here == "console:returns" else "",
        home_href=reverse("console:home", args=[actor.merchant.slug]),
    )
