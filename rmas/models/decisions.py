"""Deciding without signing in: links that were mailed, and counter-offers of vendors (X7)."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor, ActorKind
from accounts.base import PublicModel, TenantModel, TenantQuerySet
from accounts.models import Vendor
from core.fields import TenantForeignKey
from rmas.models.rmas import Rma


class DecisionLink(TenantModel):
    """A link that was mailed to one person of one vendor, to decide one RMA once.

    Only the hash of its token is kept; `rmas.decision_links` makes and reads tokens.
    """

    key = models.UUIDField()
    rma = TenantForeignKey(Rma, related_name="decision_links", db_index=False)
    vendor = TenantForeignKey(Vendor, related_name="+", db_index=False)
    user = models.ForeignKey(get_user_model(), models.PROTECT, related_name="+", db_index=False)
    token_hash = models.CharField(max_length=64)
    sent_to = models.EmailField()
    made_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    objects = TenantQuerySet["DecisionLink"].as_manager()

    class Meta:
        verbose_name = _("decision link")
        constraints = [models.UniqueConstraint(fields=["merchant", "key"], name="rmas_link_key")]
        indexes = [models.Index(fields=["merchant", "rma"], name="rmas_link_rma")]

    def __str__(self) -> str:
        return self.sent_to


class OfferKind(models.TextChoices):
    """What a vendor offers instead of taking the goods back."""

    KEEP = "keep", _("The customer keeps it, we credit a part")
    SCRAP = "scrap", _("Scrap it where it is, we credit a part")
    REPLACE = "replace", _("We send a replacement")

    @property
    def words(self) -> Promise:
        """The offer as the merchant reads it."""
        return _OFFERS[self.value]


_OFFERS = {
    "keep": _("The customer keeps it and %(vendor)s credits %(percent)s %%"),
    "scrap": _("It is scrapped where it is and %(vendor)s credits %(percent)s %%"),
    "replace": _("%(vendor)s sends a replacement and credits nothing"),
}


class CounterOfferQuerySet(TenantQuerySet["CounterOffer"]):
    """Questions about counter-offers."""

    def visible_to(self, actor: Actor) -> CounterOfferQuerySet:
        """All for staff, those on its own RMAs for a vendor, none for others."""
        found = self.of_merchant(actor)
        if actor.is_staff:
            return found
        if actor.kind is ActorKind.VENDOR:
            return found.filter(rma__vendor_id=actor.vendor_id or 0)
        return found.none()


class CounterOffer(PublicModel):
    """What a vendor offers instead of approving or denying; the merchant accepts or declines it.

    `percent` is the part of the cost that the vendor credits.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")

    rma = TenantForeignKey(Rma, related_name="offers", db_index=False)
    kind = models.CharField(max_length=8, choices=OfferKind.choices)
    percent = models.PositiveSmallIntegerField(_("per cent credited"))
    note = models.CharField(_("note"), max_length=500, blank=True, default="", db_default="")
    state = models.CharField(
        max_length=8, choices=State.choices, default=State.OPEN, db_default=State.OPEN
    )
    made_by = models.ForeignKey(
        get_user_model(), models.PROTECT, null=True, related_name="+", db_index=False
    )
    made_at = models.DateTimeField(db_default=Now())
    answered_at = models.DateTimeField(null=True)

    objects = CounterOfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("counter-offer")
        constraints = [
            models.UniqueConstraint(fields=["merchant", "public_id"], name="rmas_offer_public"),
            models.UniqueConstraint(
                fields=["merchant", "rma"], condition=Q(state="open"), name="rmas_offer_one_open"
            ),
            models.CheckConstraint(condition=Q(percent__lte=100), name="rmas_offer_percent"),
        ]

    def __str__(self) -> str:
        return self.sentence

    @property
    def sentence(self) -> str:
        """The offer in words. Reads the RMA's vendor."""
        facts = {"vendor": self.rma.vendor.name, "percent": self.percent}
        return str(OfferKind(self.kind).words) % facts
