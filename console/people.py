"""People in the settings: the merchant's staff, and the users of each vendor (G8)."""

from __future__ import annotations

import uuid
from typing import Any
from uuid import UUID

from django import forms
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Invitation, Membership, Vendor
from accounts.permissions import STAFF_ROLES, Role
from actions.people import (
    change_role,
    invite,
    may_give,
    resend_invitation,
    switch_member,
    withdraw_invitation,
)
from console.form_page import FormPage, KeyedForm
from console.settings import SettingsFrame
from core.errors import Refused


class InviteForm(KeyedForm):
    """Who is invited, and for staff as what."""

    email = forms.EmailField(label=gettext_lazy("E-mail address"))
    role = forms.ChoiceField(label=gettext_lazy("Role"))

    def __init__(self, data: Any | None = None, *, roles: list[Role]) -> None:
        super().__init__(data)
        if roles:
            self.fields["role"].choices = [(one.value, one.label) for one in roles]  # type: ignore[attr-defined]
            self.fields["role"].initial = Role.READ_ONLY
        else:
            del self.fields["role"]


class PersonForm(KeyedForm):
    """Role and switch of one person."""

    role = forms.ChoiceField(label=gettext_lazy("Role"))
    may_sign_in = forms.BooleanField(
        label=gettext_lazy("May sign in here"),
        required=False,
        help_text=gettext_lazy("Switched off, the next click ends in a page that says so."),
    )

    def __init__(self, data: Any | None = None, *, roles: list[Role], **options: Any) -> None:
        super().__init__(data, **options)
        if roles:
            self.fields["role"].choices = [(one.value, one.label) for one in roles]  # type: ignore[attr-defined]
        else:
            del self.fields["role"]


class PeoplePage(SettingsFrame, FormPage):
    """The staff with their roles, who is invited, and the form that invites."""

    template_name = "console/settings/people.html"
    tab = "settings_people"

    def form(self, subject: Any, data: Any | None = None) -> InviteForm:
        """Whom to invite."""
        return InviteForm(data, roles=roles_for(self.actor))

    def carry_out(self, subject: Any, form: Any) -> str:
        """Invite."""
        values = form.cleaned_data
        role = Role(values["role"]) if subject is None else Role.VENDOR
        made = invite(self.actor, values["email"], role, subject)
        return _("%(email)s is invited.") % {"email": made.email}

    def context(self, subject: Any, form: Any) -> dict[str, Any]:
        """Members and invitations, with a key for each button."""
        members = Membership.objects.visible_to(self.actor).filter(vendor=subject, customer=None)
        invited = Invitation.objects.visible_to(self.actor).unanswered().filter(vendor=subject)
        found = members.select_related("user").order_by("-is_active", "user__name", "id")
        return {
            **self.frame(),
            "vendor": subject,
            "form": form,
            "members": list(found),
            "invited": [(one, uuid.uuid4()) for one in invited.order_by("email")],
            "refusal": "",
        }


class VendorUsers(PeoplePage):
    """The users of one vendor."""

    tab = "settings_vendors"

    def load(self, *, public_id: UUID, **address: Any) -> Vendor:
        """The vendor."""
        return get_object_or_404(Vendor.objects.visible_to(self.actor), public_id=public_id)

    def form(self, subject: Any, data: Any | None = None) -> InviteForm:
        """Whom to invite; vendors' users have one role."""
        return InviteForm(data, roles=[])


class PersonPage(SettingsFrame, FormPage):
    """One person: another role, switched off, let in again."""

    template_name = "console/settings/person.html"

    def load(self, *, public_id: UUID, **address: Any) -> Membership:
        """Staff or a vendor's user; customers are not managed here."""
        members = Membership.objects.visible_to(self.actor).exclude(role=Role.CUSTOMER)
        found = members.select_related("user", "vendor")
        return get_object_or_404(found, public_id=public_id)

    def form(self, subject: Membership, data: Any | None = None) -> PersonForm:
        """How it is."""
        roles = [] if subject.vendor_id else roles_for(self.actor, subject.role)
        initial = {"role": subject.role, "may_sign_in": subject.is_active}
        return PersonForm(data, roles=roles, initial=initial)

    def carry_out(self, subject: Membership, form: Any) -> str:
        """Change what differs."""
        values = form.cleaned_data
        role = values.get("role", subject.role)
        is_active = values["may_sign_in"]
        if role == subject.role and is_active == subject.is_active:
            raise Refused(_("It is set that way already, so nothing was changed."))
        if role != subject.role:
            change_role(self.actor, subject, Role(role))
        if is_active != subject.is_active:
            switch_member(self.actor, subject, is_active=is_active)
        return _("%(person)s is saved.") % {"person": subject.user.name}

    def address_after(self, subject: Membership) -> str:
        """Back to the list."""
        return people_of(self, subject.vendor)

    def context(self, subject: Membership, form: Any) -> dict[str, Any]:
        """The form."""
        self.tab = "settings_vendors" if subject.vendor_id else "settings_people"
        return {
            **self.frame(),
            "member": subject,
            "form": form,
            "back": people_of(self, subject.vendor),
        }


class InvitationButton(PeoplePage):
    """A button beside an invitation."""

    def load(self, *, public_id: UUID, **address: Any) -> Any:
        """The invitation."""
        found = Invitation.objects.visible_to(self.actor).select_related("vendor")
        return get_object_or_404(found, public_id=public_id)

    def form(self, subject: Any, data: Any | None = None) -> Any:
        """Nothing but its key."""
        return KeyedForm(data)

    def address_after(self, subject: Any) -> str:
        """Back to the list."""
        return people_of(self, subject.vendor)

    def context(self, subject: Any, form: Any) -> dict[str, Any]:
        """The list, with what was refused over it."""
        vendor = subject.vendor
        self.tab = "settings_vendors" if vendor else "settings_people"
        roles = [] if vendor else roles_for(self.actor)
        refusal = " ".join(form.non_field_errors()) or _("This button is used up. Press it again.")
        return {**super().context(vendor, InviteForm(roles=roles)), "refusal": refusal}


class ResendInvitation(InvitationButton):
    """A new link by mail."""

    def carry_out(self, subject: Any, form: Any) -> str:
        """Send it."""
        resend_invitation(self.actor, subject)
        return _("%(email)s gets a new link.") % {"email": subject.email}


class WithdrawInvitation(InvitationButton):
    """The link stops working."""

    def carry_out(self, subject: Any, form: Any) -> str:
        """Withdraw it."""
        withdraw_invitation(self.actor, subject)
        return _("The invitation of %(email)s is withdrawn.") % {"email": subject.email}


def roles_for(actor: Any, held: str = "") -> list[Role]:
    """The staff roles the actor may give, and the one that is held now."""
    return [one for one in Role if one in STAFF_ROLES and (may_give(actor, one) or one == held)]


def people_of(page: SettingsFrame, vendor: Vendor | None) -> str:
    """The address of the list a person is on."""
    if vendor is None:
        return page.place("settings_people")
    return page.place("settings_vendor_users", vendor.public_id)
