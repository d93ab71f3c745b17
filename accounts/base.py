"""Bases of every tenant table."""

from __future__ import annotations

import uuid
from typing import Self, TypeVar

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor

M_co = TypeVar("M_co", bound=models.Model, covariant=True)


class TenantQuerySet(models.QuerySet[M_co]):
    """Questions about rows of one merchant. `visible_to` is the only door to them."""

    def visible_to(self, actor: Actor) -> Self:
        """All of the actor's merchant for its staff, none for others. Nouns widen it."""
        return self.of_merchant(actor) if actor.is_staff else self.none()

    def of_merchant(self, actor: Actor) -> Self:
        """The rows of the actor's merchant."""
        return self.filter(merchant_id=actor.merchant_id)


class TenantModel(models.Model):
    """A row that belongs to one merchant and is behind row-level security (C1)."""

    merchant = models.ForeignKey(
        "accounts.Merchant", models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )

    class Meta:
        abstract = True


class PublicModel(TenantModel):
    """A noun with a page of its own: its address carries a random id, never a countable one."""

    public_id = models.UUIDField(
        default=uuid.uuid4, db_default=RandomUUID(), editable=False, verbose_name=_("public id")
    )

    class Meta:
        abstract = True
