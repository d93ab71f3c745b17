"""Who may enter the platform pages, and whose tables they read there.

Platform staff need a second step, passed in this session. They choose one merchant; the database
then shows that merchant's rows and no others. Tables of the whole platform show no merchant's rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.models import Merchant, User
from accounts.routes import Audience, Route

CHOSEN = "platform_merchant"
"""The session's key for the id of the chosen merchant."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Platform staff who passed the door, and the merchant they have chosen."""

    user: User
    merchant: Merchant | None

    @property
    def actor(self) -> Actor:
        """Who the visitor is at the chosen merchant; 404 where none is chosen."""
        if self.merchant is None:
            raise Http404
        return Actor.platform(self.user, self.merchant)


def visitor_of(request: HttpRequest) -> Visitor:
    """Who passed the door with this request; 404 if nobody did."""
    visitor = getattr(request, "visitor", None)
    if not isinstance(visitor, Visitor):
        raise Http404
    return visitor


def enter(request: HttpRequest, route: Route) -> HttpResponse | None:
    """Let platform staff in (`request.visitor`), or say where they have to go first.

    Raises Http404 for everybody else, who must not learn that there is anything. Must run with the
    system bound: the chosen merchant is looked up.
    """
    user = request.user
    if not (isinstance(user, User) and user.is_active and user.is_staff):
        raise Http404
    if not is_mfa_enabled(user):
        messages.info(
            request,
            _("The platform pages need a second step at sign-in. Switch on the authenticator app."),
        )
        return redirect("mfa_index")
    if not passed_second_step(request, user):
        query = urlencode({"next": request.get_full_path()})
        return redirect(f"{reverse('mfa_reauthenticate')}?{query}")
    merchant = Merchant.objects.filter(pk=request.session.get(CHOSEN, 0)).first()
    request.visitor = Visitor(user, merchant)  # type: ignore[attr-defined]
    if route.audience is Audience.PLATFORM_MERCHANT and merchant is None:
        return redirect("platform:choose")
    return None


def passed_second_step(request: HttpRequest, user: User) -> bool:
    """Whether a code was given in this session, by a means that the person still has."""
    used = {
        record.get("id")
        for record in get_authentication_records(request, user)
        if record.get("method") == "mfa"
    }
    return Authenticator.objects.filter(user=user, pk__in=used - {None}).exists()
