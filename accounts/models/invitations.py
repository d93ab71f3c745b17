"""Invitations: somebody was asked by e-mail to come in."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.base import PublicModel, TenantQuerySet
from accounts.models.parties import User, Vendor
from accounts.permissions import Role
from core.fields import TenantForeignKey


class InvitationQuerySet(TenantQuerySet["Invitation"]):
    """Questions about invitations."""

    def unanswered(self) -> InvitationQuerySet:
        """Those neither accepted nor withdrawn; their link may have expired."""
        return self.filter(accepted_at__isnull=True, withdrawn_at__isnull=True)


class Invitation(PublicModel):
    """Somebody was asked by e-mail to become a vendor's user or one of the merchant's staff.

    The link in the mail is signed and names `link_number`; sending it again counts that up, so that
    only the latest link works (`accounts.invitations`).
    """

    email = models.EmailField(_("e-mail address"))
    role = models.CharField(_("role"), max_length=12, choices=Role.choices)
    vendor = TenantForeignKey(Vendor, null=True, blank=True, related_name="invitations")
    invited_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    link_number = models.PositiveIntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "public_id"], name="accounts_invitation_public"
            ),
            models.UniqueConstraint(
                fields=["merchant", "email", "vendor"],
                condition=Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                nulls_distinct=False,
                name="accounts_invitation_once",
            ),
            models.CheckConstraint(
                condition=Q(role="vendor", vendor__isnull=False)
                | (~Q(role__in=("vendor", "customer")) & Q(vendor__isnull=True)),
                name="accounts_invitation_role_fits",
            ),
            models.CheckConstraint(
                condition=Q(email=Lower("email")), name="accounts_invitation_email_lower_case"
            ),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def is_expired(self) -> bool:
        """Whether the link in the mail no longer works because of its age."""
        return self.expires_at <= timezone.now()
