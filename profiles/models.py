"""Return profiles and their versions: an edit makes a new version, none is ever changed (P2)."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor, ActorKind
from accounts.base import PublicModel, TenantModel, TenantQuerySet
from core.fields import TenantForeignKey
from profiles.terms import MOST_DAYS, Basis, Outcome, Rule, Terms


class PercentField(models.DecimalField):
    """A percentage from 0 to 100 with two decimals."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 5)
        kwargs.setdefault("decimal_places", 2)
        super().__init__(*args, **kwargs)


def percent_within(field: str) -> Q:
    """The condition that a percentage is one."""
    return Q(**{f"{field}__gte": 0, f"{field}__lte": 100})


class ReturnProfileQuerySet(TenantQuerySet["ReturnProfile"]):
    """Questions about return profiles."""

    def visible_to(self, actor: Actor) -> ReturnProfileQuerySet:
        """All for staff; for a customer those behind what they subscribed to; none for a vendor."""
        profiles = self.of_merchant(actor)
        if actor.is_staff:
            return profiles
        if actor.kind is ActorKind.CUSTOMER:
            mine = Q(cycles__offer__subscriptions__customer_id=actor.customer_id or 0)
            return profiles.filter(mine).distinct()
        return profiles.none()

    def offered(self) -> ReturnProfileQuerySet:
        """Those that can be chosen: not archived."""
        return self.filter(archived_at__isnull=True)


class ReturnProfile(PublicModel):
    """A named policy for what a return is worth. Its terms are those of its newest version.

    `version` is that one's number. An archived profile is not offered for cycles any more; those
    that have it keep it.
    """

    name = models.CharField(_("name"), max_length=80)
    version = models.PositiveIntegerField(default=1)
    archived_at = models.DateTimeField(_("archived at"), null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = ReturnProfileQuerySet.as_manager()

    class Meta:
        verbose_name = _("return profile")
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="profiles_public"),
            models.UniqueConstraint("merchant", Lower("name"), name="profiles_name"),
            models.CheckConstraint(condition=Q(version__gte=1), name="profiles_version"),
        ]

    def __str__(self) -> str:
        return self.name

    def current(self) -> ReturnProfileVersion:
        """The version that judges returns from now on. One query."""
        return self.versions.get(merchant_id=self.merchant_id, number=self.version)


class ReturnProfileVersionQuerySet(TenantQuerySet["ReturnProfileVersion"]):
    """Questions about versions."""

    def visible_to(self, actor: Actor) -> ReturnProfileVersionQuerySet:
        """Those of the profiles the actor sees."""
        versions = self.of_merchant(actor)
        if actor.is_staff:
            return versions
        if actor.kind is ActorKind.CUSTOMER:
            return versions.filter(profile__in=ReturnProfile.objects.visible_to(actor))
        return versions.none()


class ReturnProfileVersion(TenantModel):
    """The terms of a profile from one edit to the next. The runtime role cannot change a row."""

    profile = TenantForeignKey(ReturnProfile, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    name = models.CharField(_("name"), max_length=80)
    expires = models.BooleanField(_("RMAs expire"), default=False)
    expiry_days = models.PositiveIntegerField(_("days"), default=30)
    valid_outcome = models.CharField(max_length=20, choices=Outcome.choices)
    valid_percent = PercentField(default=0)
    expired_outcome = models.CharField(max_length=20, choices=Outcome.choices)
    expired_percent = PercentField(default=0)
    none_outcome = models.CharField(max_length=20, choices=Outcome.choices)
    none_percent = PercentField(default=0)
    basis = models.CharField(max_length=16, choices=Basis.choices, default=Basis.ITEMS_AND_TAX)
    restocking_percent = PercentField(default=0)
    trial_cancel_only = models.BooleanField(_("trial cancel only"), default=False)
    end_of_trial = models.BooleanField(_("end-of-trial rules"), default=False)
    made_by = models.ForeignKey(
        get_user_model(), models.PROTECT, null=True, related_name="+", db_index=False
    )
    made_at = models.DateTimeField(db_default=Now())

    objects = ReturnProfileVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of a return profile")
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "profile", "number"], name="profiles_version_number"
            ),
            models.CheckConstraint(
                condition=Q(expiry_days__gte=1, expiry_days__lte=MOST_DAYS),
                name="profiles_version_days",
            ),
            models.CheckConstraint(
                condition=percent_within("valid_percent")
                & percent_within("expired_percent")
                & percent_within("none_percent")
                & percent_within("restocking_percent"),
                name="profiles_version_percents",
            ),
            models.CheckConstraint(
                condition=Q(
                    valid_outcome__in=Outcome.values,
                    expired_outcome__in=Outcome.values,
                    none_outcome__in=Outcome.values,
                    basis__in=Basis.values,
                ),
                name="profiles_version_words",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.number})"

    def terms(self) -> Terms:
        """The version as `profiles.decide` and `profiles.quote` read it."""
        return Terms(
            valid=Rule(Outcome(self.valid_outcome), self.valid_percent),
            expired=Rule(Outcome(self.expired_outcome), self.expired_percent),
            none=Rule(Outcome(self.none_outcome), self.none_percent),
            expiry_days=self.expiry_days if self.expires else None,
            basis=Basis(self.basis),
            restocking_percent=self.restocking_percent,
            trial_cancel_only=self.trial_cancel_only,
            end_of_trial=self.end_of_trial,
        )
