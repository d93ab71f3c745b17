"""Verbs of the connections: whose parcels can do what about RMAs (P1, P4)."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.models import Vendor
from actions.base import action
from actions.locks import lock_merchant
from audit.record import record
from core.errors import Refused
from orders.models import Connection, RmaLevel

NAME_LENGTH = 80


@action("settings.edit")
def add_connection(actor: Actor, vendor: Vendor, name: str, level: int) -> Connection:
    """Connect a vendor that has no connection yet. Raises Refused with the field."""
    merchant = lock_merchant(actor)
    name, level = _checked_name(actor, name), _checked_level(level)
    if Connection.objects.visible_to(actor).filter(vendor=vendor).exists():
        raise Refused(
            _("%(vendor)s has a connection already. Change that one.") % {"vendor": vendor.name},
            field="vendor",
        )
    made = Connection.objects.create(
        merchant=actor.merchant, vendor=vendor, name=name, shipment_rma_level=level
    )
    record(actor, "connection.added", made, parent=merchant, name=name, level=level)
    return made


@action("settings.edit")
def change_connection(actor: Actor, connection: Connection, name: str, level: int) -> Connection:
    """Rename a connection or set its level. RMAs that are there stay. Raises Refused."""
    merchant = lock_merchant(actor)
    connections = Connection.objects.visible_to(actor).select_for_update(of=("self",))
    found = connections.get(pk=connection.pk)
    before = found.shipment_rma_level
    name, level = _checked_name(actor, name, but=found), _checked_level(level)
    if (found.name, before) == (name, level):
        raise Refused(_("It is set that way already, so nothing was changed."))
    found.name, found.shipment_rma_level = name, level
    found.save(update_fields=["name", "shipment_rma_level"])
    record(
        actor,
        "connection.changed",
        found,
        parent=merchant,
        name=name,
        before=before,
        level=level,
    )
    return found


def _checked_level(level: int) -> int:
    if level not in RmaLevel.values:
        raise Refused(_("Choose a level from 0 to 4."), field="level")
    return level


def _checked_name(actor: Actor, name: str, *, but: Connection | None = None) -> str:
    name = " ".join(name.split())
    if not name:
        raise Refused(_("Enter what the connection is called."), field="name")
    if len(name) > NAME_LENGTH:
        raise Refused(_("Use at most %(most)s characters.") % {"most": NAME_LENGTH}, field="name")
    others = Connection.objects.visible_to(actor).filter(name__iexact=name)
    if others.exclude(pk=but.pk if but else 0).exists():
        raise Refused(
            _("There is a connection “%(name)s” already. Choose another name.") % {"name": name},
            field="name",
        )
    return name
