"""The page an invitation leads to, and what comes after accepting it (G8).

Nobody need be signed in: the link says at which merchant to look. Whoever has no account sets name
and password; whoever has one signs in first, so a forwarded link opens nobody else's account.
"""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from django import forms
from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actor import Actor
from accounts.invitations import Link, read_token
from accounts.models import Invitation, User
from actions.people import accept_invitation
from config.home import places_of
from core.errors import Refused
from core.tenancy import tenant
from core.views import PageView

BACKEND = "django.contrib.auth.backends.ModelBackend"


class NewAccountForm(forms.Form):
    """Name and password of somebody who has no account yet; the address is the invited one."""

    name = forms.CharField(label=gettext_lazy("Your name"), max_length=120)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least ten characters."),
    )
    again = forms.CharField(
        label=gettext_lazy("Password, once more"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, data: Any | None = None, *, email: str) -> None:
        super().__init__(data)
        self.email = email

    def clean(self) -> dict[str, Any]:
        """The password is good enough and typed twice."""
        values = super().clean() or {}
        password = values.get("password", "")
        if password and values.get("again") and password != values["again"]:
            self.add_error("again", _("The two passwords differ."))
        if password:
            try:
                validate_password(password, User(email=self.email, name=values.get("name", "")))
            except ValidationError as error:
                self.add_error("password", error)
        return values


class InvitationPage(PageView):
    """What somebody is invited to, and the form that fits them; or why the link works no longer."""

    template_name = "invitation.html"

    def get(self, request: HttpRequest, **address: Any) -> HttpResponse:
        """Show it. Reading changes nothing, so mail scanners may follow the link."""
        link = read_token(address["key"])
        if link is None:
            return self.gone(_("This link is not complete. Open it from the mail once more."))
        with tenant(link.merchant_id):
            found = invitation_of(link)
            why = why_not(found, link)
            if found is None or why:
                return self.gone(why)
            return self.show(found)

    def post(self, request: HttpRequest, **address: Any) -> HttpResponse:
        """Accept it, once."""
        link = read_token(address["key"])
        if link is None:
            return self.gone(_("This link is not complete. Open it from the mail once more."))
        with tenant(link.merchant_id):
            found = invitation_of(link)
            why = why_not(found, link)
            if found is None or why:
                return self.gone(why)
            return self.accept(found, link)

    def accept(self, found: Invitation, link: Link) -> HttpResponse:
        """Make the person a member, or say what is missing."""
        request = self.request
        user = request.user if request.user.is_authenticated else None
        form = None
        typed: dict[str, str] = {}
        if user is None:
            if account_of(found):
                return self.show(found)
            form = NewAccountForm(request.POST, email=found.email)
            if not form.is_valid():
                return self.show(found, form, status=422)
            typed = {name: form.cleaned_data[name] for name in ("name", "password")}
        actor = Actor.system(found.merchant)
        try:
            member = accept_invitation(actor, found, link.number, user=user, **typed)
        except Refused as refused:
            return self.gone(str(refused.message))
        if user is None:
            login(request, member.user, backend=BACKEND)
            record_authentication(request, member.user, method="password", reauthenticated=True)
        return redirect("welcome")

    def show(
        self, found: Invitation, form: NewAccountForm | None = None, status: int = 200
    ) -> HttpResponse:
        """The page as it fits who is looking."""
        user = self.request.user
        account = account_of(found)
        if user.is_authenticated:
            state = "accept" if user == account else "somebody else"
        else:
            state = "sign in" if account else "new"
        return self.render(
            status=status,
            state=state,
            invitation=found,
            merchant=found.merchant,
            vendor=found.vendor,
            form=form or NewAccountForm(email=found.email),
            sign_in=f"{reverse('account_login')}?next={self.request.path}",
        )

    def gone(self, why: str) -> HttpResponse:
        """Why the link does not work, on a plain page."""
        return self.render(state="gone", why=why)


def invitation_of(link: Link) -> Invitation | None:
    """The invitation with its merchant and vendor; runs with the merchant bound."""
    found = Invitation.objects.select_related("merchant", "vendor")
    return found.filter(merchant_id=link.merchant_id, public_id=link.public_id).first()


def why_not(found: Invitation | None, link: Link) -> str:
    """Why a genuine link works no longer, in a sentence; "" while it does."""
    if found is None:
        return _("This invitation is gone. Ask the person who invited you for a new one.")
    if found.accepted_at:
        return _("This invitation was used already. Sign in with your address and password.")
    if found.withdrawn_at:
        return _("This invitation was withdrawn. Ask the person who invited you.")
    if found.link_number != link.number:
        return _("A newer mail has replaced this link. Open the latest invitation you got.")
    if found.is_expired:
        return _("This invitation is too old. Ask the person who invited you to send it again.")
    return ""


def account_of(invitation: Invitation) -> User | None:
    """The account with the invited address, if there is one."""
    return User.objects.filter(email=invitation.email).first()


def welcome(request: HttpRequest) -> HttpResponse:
    """After accepting: where to go, and the offer to protect the account with a second step."""
    return render(request, "welcome.html", {"places": places_of(request)})
