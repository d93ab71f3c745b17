"""What happened: append-only events, and the deliveries they cause (the outbox)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor, ActorKind
from accounts.base import TenantModel, TenantQuerySet
from accounts.models import User
from core.fields import TenantForeignKey

_open_to_vendors: dict[str, Callable[[Actor], models.QuerySet[Any]]] = {}


def open_to_vendors(noun: str, found: Callable[[Actor], models.QuerySet[Any]]) -> None:
    """Let vendor users read the events of `noun`: of those objects that `found(actor)` gives."""
    _open_to_vendors[noun] = found


class EventQuerySet(TenantQuerySet["Event"]):
    """Questions about events."""

    def visible_to(self, actor: Actor) -> EventQuerySet:
        """All for staff; for a vendor user those about what is theirs; none for others."""
        events = self.of_merchant(actor)
        if actor.is_staff:
            return events
        if actor.kind is not ActorKind.VENDOR:
            return events.none()
        theirs = models.Q(pk__in=[])
        for noun, found in _open_to_vendors.items():
            theirs |= models.Q(noun=noun, object_id__in=found(actor).values("pk"))
        return events.filter(theirs)

    def about(self, noun: str, object_id: int) -> EventQuerySet:
        """Events of one object and of what belongs to it, newest first."""
        own = models.Q(noun=noun, object_id=object_id)
        below = models.Q(parent_noun=noun, parent_id=object_id)
        return self.filter(own | below).select_related("user").order_by("-id")


class Event(TenantModel):
    """One thing that happened. The runtime role may insert and read events, never change them."""

    verb = models.CharField(max_length=40)
    noun = models.CharField(max_length=20)
    object_id = models.BigIntegerField()
    parent_noun = models.CharField(max_length=20, blank=True, db_default="")
    parent_id = models.BigIntegerField(null=True)
    actor_kind = models.CharField(max_length=10)
    actor_name = models.CharField(max_length=120)
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    data = models.JSONField(default=dict)
    happened_at = models.DateTimeField(db_default=Now())

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        indexes = [
            models.Index(
                fields=["merchant", "noun", "object_id", "-id"], name="audit_event_object"
            ),
            models.Index(
                fields=["merchant", "parent_noun", "parent_id", "-id"],
                name="audit_event_parent",
                condition=models.Q(parent_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} #{self.object_id}"


class Delivery(TenantModel):
    """One task an event causes, kept until the task has done its work."""

    event = TenantForeignKey(Event, related_name="deliveries", db_index=False)
    task = models.CharField(max_length=80)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    due_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True, db_default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(fields=["merchant", "event", "task"], name="audit_delivery_key")
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="audit_delivery_due",
                condition=models.Q(done_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.task} for event {self.event_id}"


def subject_key(instance: models.Model) -> tuple[str, int]:
    """How events name `instance`: its noun (model name) and id."""
    return str(instance._meta.model_name), int(instance.pk)


EventData = dict[str, Any]
