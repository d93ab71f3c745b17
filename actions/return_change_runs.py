"""Carrying out a file of changes in the background: in batches, resumable, by one worker (F14).

Each batch is a transaction of its own: the returns it changed and how far the file is go in
together, so a worker that dies loses nothing and repeats nothing.
"""

from __future__ import annotations

import logging

from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.models import Membership, Merchant
from accounts.permissions import STAFF_ROLES
from actions.import_runs import UnderWay, settle
from actions.return_changes import carry_on, finish_changes, lock_changes, stop_changes
from audit.models import Delivery, Event
from core.tenancy import tenant
from returns.models import ReturnImport
from returns.states import BulkStatus

logger = logging.getLogger(__name__)


def carry_out(merchant_id: int, event_id: int, delivery_id: int) -> None:
    """Do batch after batch until the file is through or stopped.

    Raises UnderWay while another worker is at it; a database that goes away is the outbox's to
    retry.
    """
    try:
        while _next(merchant_id, event_id, delivery_id):
            pass
    except (OperationalError, InterfaceError, UnderWay):
        raise
    except Exception:
        logger.exception("A file of changes stopped.")
        with tenant(merchant_id):
            house, found = _whom_and_what(merchant_id, event_id)
            stop_changes(house, found, _("Something went wrong on our side."))
            settle(delivery_id)


def _next(merchant_id: int, event_id: int, delivery_id: int) -> bool:
    with tenant(merchant_id):
        if not Delivery.objects.filter(pk=delivery_id, done_at__isnull=True).exists():
            return False
        house, found = _whom_and_what(merchant_id, event_id)
        locked = lock_changes(house, found.pk, skip_locked=True)
        if locked is None:
            raise UnderWay
        if locked.state not in (BulkStatus.QUEUED, BulkStatus.RUNNING):
            settle(delivery_id)
            return False
        actor = _uploader(locked)
        if actor is None:
            reason = _("%(name)s is no longer a member here.") % {"name": locked.uploaded_by.name}
            stop_changes(house, locked, reason)
            settle(delivery_id)
            return False
        if carry_on(actor, locked):
            return True
        finish_changes(house, locked)
        settle(delivery_id)
        return False


def _whom_and_what(merchant_id: int, event_id: int) -> tuple[Actor, ReturnImport]:
    house = Actor.system(Merchant.objects.get(pk=merchant_id))
    event = Event.objects.visible_to(house).get(pk=event_id)
    return house, ReturnImport.objects.visible_to(house).get(pk=event.object_id)


def _uploader(found: ReturnImport) -> Actor | None:
    """Whoever uploaded the file, with what they may do today."""
    membership = (
        Membership.objects.filter(
            merchant_id=found.merchant_id,
            user_id=found.uploaded_by_id,
            user__is_active=True,
            role__in=STAFF_ROLES,
            is_active=True,
        )
        .select_related("merchant", "user")
        .order_by("id")
        .first()
    )
    return membership.actor() if membership else None
