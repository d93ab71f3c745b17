"""A mark in every text of every row, and who may read it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models, transaction

from accounts.models import Membership, Merchant, User
from tests.plugins.database import owner_login

if TYPE_CHECKING:
    from tests.security.world import World

MARK = re.compile(r"qx\d{5}qx")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

# The packages that hold models of our own.
OURS = {"accounts", "audit", "profiles", "orders", "returns", "rmas", "shipments", "exports"}

# Texts that must stay as they are: codes with a meaning, and keys the product computes with.
PLAIN = {
    "accounts.Merchant": {"slug", "currency", "timezone"},
    "accounts.User": {"password"},
    "accounts.NumberSeries": {"kind"},
    "accounts.SubmittedForm": {"result"},
    "audit.Event": {"verb", "noun", "parent_noun", "actor_kind"},
    "audit.Delivery": {"task", "error"},
    "audit.Message": {"kind", "key", "link"},
    "orders.Order": {"currency"},
    "orders.Charge": {"currency"},
    "orders.OfferCycle": {"kind"},
    "orders.Subscription": {"status"},
    "profiles.ReturnProfileVersion": {
        "basis",
        "expired_outcome",
        "none_outcome",
        "valid_outcome",
    },
    "orders.OrderImport": {"format", "file", "rejects", "report", "error"},
    "returns.ListColumns": {"columns"},
    "returns.Return": {"currency"},
    "returns.RefundEntry": {"currency"},
    "returns.ReturnDraft": {"choices"},
    "returns.ExportJob": {"columns", "query", "file", "error"},
    "returns.SavedExport": {"columns", "query"},
    "returns.ReturnImport": {"changes", "rejects", "refused", "error"},
    "returns.ReturnFile": {"content_type", "sha256"},
    "rmas.Rma": {"currency"},
    "rmas.CreditEntry": {"currency", "file", "content_type"},
    "rmas.CreditVariance": {"currency"},
    "rmas.RmaDraft": {"choices"},
    "rmas.DecisionLink": {"token_hash"},
    "rmas.RmaFile": {"content_type", "sha256"},
}


def put_marks(world: World) -> None:
    """Write a mark of its own into every text of every row, by the owner, behind the walls."""
    with owner_login(), transaction.atomic():
        readers = Readers(world)
        for model in marked_models():
            for row in model._default_manager.order_by("pk"):
                mark_row(world, row, readers)


def mark_text(world: World, where: str, readers: frozenset[str]) -> str:
    """A fresh mark for a text that only `readers` may see."""
    mark = f"qx{len(world.readers):05}qx"
    world.readers[mark] = readers
    world.where[mark] = where
    return mark


def marked_models() -> list[type[models.Model]]:
    """Every model of our own packages."""
    return [model for model in apps.get_models() if model.__module__.split(".")[0] in OURS]


def mark_row(world: World, row: models.Model, readers: Readers) -> None:
    """Give each text of `row` a mark and note who may read it; ids count as marks too."""
    changed = {}
    for one in texts_of(type(row)):
        value = getattr(row, one.attname)
        if value in ("", None, {}):
            continue
        where = f"{row._meta.label}.{one.name} of row {row.pk}"
        mark = mark_text(world, where, readers.of(row, one.name))
        changed[one.attname] = marked(one, value, mark)
    for name in ("public_id", "key"):
        if isinstance(ref := getattr(row, name, None), uuid.UUID):
            world.readers[str(ref)] = readers.of(row, "number")
            world.where[str(ref)] = f"{row._meta.label}.{name} of row {row.pk}"
    if changed:
        type(row)._base_manager.filter(pk=row.pk).update(**changed)


def texts_of(model: type[models.Model]) -> list[Any]:
    """The fields of `model` that hold words of people."""
    plain = PLAIN.get(model._meta.label, set())
    return [
        one
        for one in model._meta.local_concrete_fields
        if isinstance(one, models.CharField | models.TextField | models.JSONField)
        and not one.choices
        and one.name not in plain
    ]


def marked(one: Any, value: Any, mark: str) -> Any:
    """`value` replaced by the mark: an address stays an address, JSON keeps its shape."""
    if isinstance(one, models.EmailField):
        return f"{mark}@example.com"
    if isinstance(value, dict):
        return {k: f"{mark}-{k}" if isinstance(v, str) else v for k, v in value.items()}
    return mark


class Readers:
    """Who may read what, by name. Written from the requirements, not from the code under test."""

    def __init__(self, world: World) -> None:
        self.hats = [hat for person in world.people.values() for hat in person.hats]
        self.platform = [person for person in world.people.values() if person.is_platform]
        self.slugs = dict(Merchant.objects.values_list("pk", "slug"))
        self.places = list(Membership.objects.values_list("user_id", "merchant__slug"))
        self.names = {p.user.pk: p.name for p in world.people.values() if p.user is not None}

    def of(self, row: Any, name: str) -> frozenset[str]:
        """The people who may read field `name` of `row`: staff, and whom the rules below add."""
        if isinstance(row, User):
            return self.of_user(row) | {person.name for person in self.platform}
        if isinstance(row, Merchant):
            members = frozenset(hat.person for hat in self.hats if hat.merchant == row.slug)
            return members | {person.name for person in self.platform}
        slug = self.slugs[row.merchant_id]
        if row._meta.label in ("returns.ReturnDraft", "rmas.RmaDraft"):
            return frozenset({self.names[row.user_id]})
        if row._meta.label == "returns.SavedFilter" and not row.is_shared:
            return frozenset({self.names[row.owner_id]})
        vendors, customers = self.others(row, name)
        looking_after = {person.name for person in self.platform if person.chosen == slug}
        return looking_after | frozenset(
            hat.person
            for hat in self.hats
            if hat.merchant == slug
            and (
                hat.side == "staff"
                or (hat.side == "vendor" and (vendors is None or hat.vendor in vendors))
                or (hat.side == "customer" and (customers is None or hat.customer in customers))
            )
        )

    def of_user(self, user: User) -> frozenset[str]:
        """A person is known to themselves and to the staff where they belong or once belonged."""
        name = self.names[user.pk]
        places = {slug for user_id, slug in self.places if user_id == user.pk}
        staff = {hat.person for hat in self.hats if hat.side == "staff" and hat.merchant in places}
        return frozenset({name, *staff})

    def others(self, row: Any, name: str) -> tuple[set[int] | None, set[int] | None]:
        """Vendors and customers who may read it besides the staff; None means all of them."""
        rule = OTHERS.get(f"{row._meta.label}.{name}") or OTHERS.get(row._meta.label)
        return rule(row) if rule else (set(), set())


def _fulfilled_by(line: Any) -> set[int]:
    return {line.fulfillment_request.vendor_id} if line.fulfillment_request else set()


def _asked_for_rma(event: Any) -> set[int]:
    if event.noun != "rma":
        return set()
    return {apps.get_model("rmas", "Rma").objects.get(pk=event.object_id).vendor_id}


def _subscribers(offer: Any) -> set[int]:
    return {one.customer_id for one in offer.subscriptions.all()}


def _judged_by(profile: Any) -> set[int]:
    """Customers of the offers whose cycles have the profile."""
    cycles = profile.cycles.all()
    return set().union(*(_subscribers(cycle.offer) for cycle in cycles))


NOBODY: set[int] = set()
OTHERS: dict[str, Callable[[Any], tuple[set[int] | None, set[int] | None]]] = {
    "accounts.Vendor": lambda row: ({row.pk}, NOBODY),
    # Vendors read the calendar to know when a step follows; no page of theirs names the days.
    "accounts.Holiday": lambda row: (None, NOBODY),
    "accounts.Customer": lambda row: (NOBODY, {row.pk}),
    "orders.Order": lambda row: (NOBODY, {row.customer_id}),
    "orders.FulfillmentRequest": lambda row: ({row.vendor_id}, NOBODY),
    "orders.Shipment": lambda row: ({row.fulfillment_request.vendor_id}, {row.order.customer_id}),
    "orders.OrderLine": lambda row: (_fulfilled_by(row), {row.order.customer_id}),
    "orders.Product": lambda row: (
        {row.vendor_id},
        {line.order.customer_id for line in row.order_lines.all()},
    ),
    "orders.Charge": lambda row: (NOBODY, {row.subscription.customer_id}),
    "orders.Connection": lambda row: (NOBODY, None),
    "orders.Offer": lambda row: (NOBODY, _subscribers(row)),
    "orders.OfferCycle": lambda row: (NOBODY, _subscribers(row.offer)),
    "orders.Subscription": lambda row: (NOBODY, {row.customer_id}),
    "profiles.ReturnProfile": lambda row: (NOBODY, _judged_by(row)),
    "profiles.ReturnProfileVersion": lambda row: (NOBODY, _judged_by(row.profile)),
    "returns.ReturnReason": lambda row: (None, None),
    "returns.Return.number": lambda row: (
        {rma.vendor_id for rma in row.rmas.all()},
        {row.customer_id},
    ),
    "returns.ReturnNote": lambda row: (
        NOBODY,
        {row.customer_return.customer_id} if row.audience == "customer" else NOBODY,
    ),
    "rmas.Rma": lambda row: ({row.vendor_id}, {row.order.customer_id}),
    "rmas.Rma.note": lambda row: ({row.vendor_id}, NOBODY),
    "rmas.RmaNumber": lambda row: ({row.vendor_id}, NOBODY),
    "rmas.RmaMessage": lambda row: ({row.rma.vendor_id}, NOBODY),
    "rmas.CounterOffer": lambda row: ({row.rma.vendor_id}, NOBODY),
    "rmas.DecisionLink": lambda row: ({row.vendor_id}, NOBODY),
    "rmas.RmaFile": lambda row: ({row.rma.vendor_id}, NOBODY),
    "rmas.RmaHandover": lambda row: ({row.rma.vendor_id}, NOBODY),
    # What happened to an RMA, but not which of the merchant's people did it.
    "audit.Event.actor_name": lambda row: (
        _asked_for_rma(row) if row.actor_kind in ("vendor", "system") else NOBODY,
        NOBODY,
    ),
    "audit.Event.data": lambda row: (_asked_for_rma(row), NOBODY),
    "shipments.ReturnShipment": lambda row: (
        {row.rma.vendor_id},
        {row.customer_return.customer_id},
    ),
}
