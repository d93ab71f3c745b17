"""Verbs of the people: invite, send again, withdraw, accept, change, switch off and on (G8)."""

from __future__ import annotations

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.invitations import DAYS
from accounts.models import Invitation, Membership, Merchant, Notice, NoticeSwitch, User, Vendor
from accounts.permissions import STAFF_ROLES, Role
from actions.base import action
from actions.locks import lock_merchant
from actions.platform import keep_an_owner
from audit.record import record
from core.errors import Refused


@action("settings.edit")
def invite(actor: Actor, email: str, role: Role, vendor: Vendor | None = None) -> Invitation:
    """Ask somebody by e-mail to become `vendor`'s user, or staff with `role`.

    Raises Refused with the field for an address that has been invited or belongs here already.
    """
    merchant = lock_merchant(actor)
    email = _checked_email(email)
    _check_role(actor, role)
    fits = (role == Role.VENDOR and vendor is not None) or (role in STAFF_ROLES and vendor is None)
    if not fits:
        raise Refused(_("Choose a role."), field="role")
    _refuse_known(actor, email, vendor)
    now = timezone.now()
    made = Invitation.objects.create(
        merchant=merchant,
        email=email,
        role=role,
        vendor=vendor,
        invited_by=actor.user,
        sent_at=now,
        expires_at=now + timedelta(days=DAYS),
    )
    _tell(actor, "invitation.sent", made, merchant)
    return made


@action("settings.edit")
def resend_invitation(actor: Actor, invitation: Invitation) -> Invitation:
    """Send a new link, which works from now on for its days; the one before stops working."""
    merchant = lock_merchant(actor)
    found = _unanswered(actor, invitation)
    found.link_number += 1
    found.sent_at = timezone.now()
    found.expires_at = found.sent_at + timedelta(days=DAYS)
    found.save(update_fields=["link_number", "sent_at", "expires_at"])
    _tell(actor, "invitation.resent", found, merchant)
    return found


@action("settings.edit")
def withdraw_invitation(actor: Actor, invitation: Invitation) -> Invitation:
    """Make the link stop working."""
    merchant = lock_merchant(actor)
    found = _unanswered(actor, invitation)
    found.withdrawn_at = timezone.now()
    found.save(update_fields=["withdrawn_at"])
    _tell(actor, "invitation.withdrawn", found, merchant)
    return found


@action("settings.edit")
def accept_invitation(
    actor: Actor,
    invitation: Invitation,
    number: int,
    *,
    user: User | None = None,
    name: str = "",
    password: str = "",
) -> Membership:
    """Make the invited person a member, once: `user` signed in, or a new account is made.

    `actor` is the house; `number` is the link's. Raises Refused when the link no longer works and
    when `user` is somebody else.
    """
    merchant = lock_merchant(actor)
    found = _unanswered(actor, invitation)
    if found.link_number != number or found.is_expired:
        raise Refused(_("This link no longer works. Ask for a new invitation."))
    if user is None:
        user = _new_user(found.email, name, password)
    elif user.email != found.email:
        raise Refused(_("This invitation is for another address. Sign out and try again."))
    membership, is_new = Membership.objects.get_or_create(
        merchant=merchant, user=user, role=found.role, vendor=found.vendor, customer=None
    )
    if not is_new and not membership.is_active:
        raise Refused(_("Your access was switched off. Ask the merchant to switch it on again."))
    found.accepted_at, found.accepted_by = timezone.now(), user
    found.save(update_fields=["accepted_at", "accepted_by"])
    if found.vendor is not None and found.vendor.notify_new_users:
        NoticeSwitch.objects.get_or_create(
            merchant=merchant,
            vendor=found.vendor,
            user=user,
            kind=Notice.RMA_AVAILABLE,
            defaults={"is_on": True},
        )
    record(
        actor,
        "invitation.accepted",
        found,
        parent=found.vendor or merchant,
        person=user.name,
        role=str(found.get_role_display()),
    )
    return membership


@action("settings.edit")
def change_role(actor: Actor, membership: Membership, role: Role) -> Membership:
    """Give one of the staff another role. The last active owner stays owner."""
    merchant = lock_merchant(actor)
    found = _member(actor, membership)
    if found.role not in STAFF_ROLES or role not in STAFF_ROLES:
        raise Refused(_("Choose a role of your staff."), field="role")
    if found.role == role:
        raise Refused(_("It is set that way already, so nothing was changed."))
    _check_role(actor, Role(found.role))
    _check_role(actor, role)
    if found.role == Role.OWNER and found.is_active:
        keep_an_owner(found, field="role")
    taken = Membership.objects.filter(merchant=merchant, user=found.user, role=role)
    if taken.exists():
        raise Refused(_("%(person)s has that role already.") % {"person": found.user.name})
    before = str(found.get_role_display())
    found.role = role
    found.save(update_fields=["role"])
    record(
        actor,
        "member.role_changed",
        found,
        parent=merchant,
        person=found.user.name,
        before=before,
        after=str(found.get_role_display()),
    )
    return found


@action("settings.edit")
def switch_member(actor: Actor, membership: Membership, *, is_active: bool) -> Membership:
    """Keep a person out from the next click on, or let them in again.

    Refuses the last active owner, oneself, and what is so already.
    """
    merchant = lock_merchant(actor)
    found = _member(actor, membership)
    if found.is_active == is_active:
        raise Refused(_("It is set that way already, so nothing was changed."))
    if found.user == actor.user:
        raise Refused(_("You cannot switch yourself off. Ask another owner."))
    _check_role(actor, Role(found.role))
    if found.role == Role.OWNER and not is_active:
        keep_an_owner(found)
    found.is_active = is_active
    found.save(update_fields=["is_active"])
    record(
        actor,
        "member.switched_on" if is_active else "member.switched_off",
        found,
        parent=found.vendor or merchant,
        person=found.user.name,
        role=str(found.get_role_display()),
    )
    return found


def may_give(actor: Actor, role: str) -> bool:
    """Whether the actor may make or unmake somebody `role`: owners are the business of owners."""
    return role != Role.OWNER or actor.role in (None, Role.OWNER)


def _check_role(actor: Actor, role: Role) -> None:
    if not may_give(actor, role):
        raise Refused(_("Only an owner can change who is an owner. Ask one."), field="role")


def _checked_email(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise Refused(_("Enter a whole e-mail address."), field="email") from error
    if len(email) > 254:
        raise Refused(_("Enter a whole e-mail address."), field="email")
    return email


def _refuse_known(actor: Actor, email: str, vendor: Vendor | None) -> None:
    open_ones = Invitation.objects.visible_to(actor).unanswered()
    if open_ones.filter(email=email, vendor=vendor).exists():
        raise Refused(
            _("%(email)s has been invited already. Send that invitation again.") % {"email": email},
            field="email",
        )
    places = Membership.objects.visible_to(actor).filter(
        user__email=email, vendor=vendor, customer=None
    )
    known = places.order_by("-is_active").first()
    if known is None:
        return
    sentence = _("%(email)s belongs here already.")
    if not known.is_active:
        sentence = _("%(email)s belongs here already, but is switched off. Switch it on instead.")
    raise Refused(sentence % {"email": email}, field="email")


def _unanswered(actor: Actor, invitation: Invitation) -> Invitation:
    found = (
        Invitation.objects.visible_to(actor)
        .select_for_update(of=("self",))
        .select_related("vendor")
        .get(pk=invitation.pk)
    )
    if found.accepted_at:
        raise Refused(_("This invitation has been accepted already."))
    if found.withdrawn_at:
        raise Refused(_("This invitation was withdrawn."))
    return found


def _member(actor: Actor, membership: Membership) -> Membership:
    return (
        Membership.objects.visible_to(actor)
        .exclude(role=Role.CUSTOMER)
        .select_for_update(of=("self",))
        .select_related("user", "vendor")
        .get(pk=membership.pk)
    )


def _new_user(email: str, name: str, password: str) -> User:
    try:
        with transaction.atomic():
            return User.objects.create_user(email, password, name=" ".join(name.split()))
    except IntegrityError as error:
        raise Refused(
            _("There is an account with this address by now. Sign in to accept.")
        ) from error


def _tell(actor: Actor, verb: str, invitation: Invitation, merchant: Merchant) -> None:
    record(
        actor,
        verb,
        invitation,
        parent=invitation.vendor or merchant,
        email=invitation.email,
        role=str(invitation.get_role_display()),
        link=invitation.link_number,
    )
