"""What the tests of the desk's verbs share: papers in every status, and the database as a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, models, transaction

from accounts.actor import Actor
from accounts.models import Membership, Override, Vendor
from accounts.permissions import PERMISSIONS, Role
from actions.rma_changes import cancel_rma, process_rma, void_rma
from actions.rmas import LineDecision, approve_rma, decide_rma, deny_rma
from audit.models import Event
from core.errors import NotAllowed, Refused
from core.tenancy import tenant
from orders.models import Order, OrderLine
from returns.models import RefundEntry, Return, ReturnLine, ReturnReason
from rmas.models import CreditEntry, Rma, RmaLine, RmaNumber
from rmas.states import RmaStatus
from shipments.models import ReturnShipment, ReturnShipmentLine
from tests.cast import Cast, member
from tests.factories import Item, made_return, shipped_order

TABLES: tuple[type[models.Model], ...] = (
    Order,
    OrderLine,
    Return,
    ReturnLine,
    RefundEntry,
    Rma,
    RmaLine,
    RmaNumber,
    CreditEntry,
    ReturnShipment,
    ReturnShipmentLine,
    Event,
)


def everything() -> list[list[tuple[Any, ...]]]:
    """Every row of the desk's tables, to compare before and after."""
    return [list(model._default_manager.order_by("pk").values_list()) for model in TABLES]


@contextmanager
def changes_nothing() -> Iterator[None]:
    """What happens inside leaves every row as it was."""
    before = everything()
    yield
    assert everything() == before


def refused(work: Callable[[], object], sentence: str = "", field: str | None = None) -> Refused:
    """`work` is refused with `sentence` somewhere in the message, at `field`; nothing changes."""
    with changes_nothing(), pytest.raises(Refused) as info, transaction.atomic():
        work()
    assert sentence in str(info.value)
    if field is not None:
        assert info.value.field == field
    return info.value


def of_each_role(cast: Cast) -> dict[Role, Actor]:
    """One person of every role at Acme."""
    return {
        Role.OWNER: cast.alice,
        Role.MANAGER: _somebody(cast, Role.MANAGER),
        Role.AGENT: cast.bob,
        Role.WAREHOUSE: cast.wendy,
        Role.INSPECTOR: cast.ines,
        Role.FINANCE: cast.fay,
        Role.READ_ONLY: _somebody(cast, Role.READ_ONLY),
        Role.VENDOR: cast.vera,
        Role.CUSTOMER: cast.cora,
    }


def _somebody(cast: Cast, role: Role) -> Actor:
    found = Membership.objects.filter(merchant=cast.acme, role=role).first()
    return found.actor() if found else member(cast.acme, f"{role.label} at Acme", role)


def only_who_may(cast: Cast, permission: str, work: Callable[[Actor], object]) -> None:
    """Everybody without `permission` is denied and changes nothing; everybody else succeeds.

    What the others did is undone, so that each finds the same papers.
    """
    for role, actor in of_each_role(cast).items():
        if permission in PERMISSIONS[role]:
            before = Event.objects.count()
            with transaction.atomic():
                work(actor)
                assert Event.objects.count() > before, role
                transaction.set_rollback(True)
        else:
            with changes_nothing(), pytest.raises(NotAllowed), transaction.atomic():
                work(actor)


def as_vendor_setting(vendor: Vendor, **fields: Any) -> None:
    """Change how `vendor` takes RMAs."""
    with tenant(vendor.merchant_id):
        Vendor.objects.filter(pk=vendor.pk).update(**fields)


def rma_in(cast: Cast, status: str, *items: Item) -> Rma:
    """An RMA for two units of each item (3 x 10.00 if none is given), in `status`."""
    processing = status == RmaStatus.PROCESSING
    if processing:
        as_vendor_setting(cast.northlight, auto_process=Override.ALWAYS, integrated=True)
    order = shipped_order(cast.acme, *items, vendor=cast.northlight)
    rma = made_return(cast.bob, order, units=2).rmas.get()
    if processing:
        as_vendor_setting(cast.northlight, auto_process=Override.GLOBAL, integrated=False)
    line = rma.lines.order_by("pk").first()
    assert line is not None
    if status == RmaStatus.PROCESSED:
        process_rma(cast.bob, rma)
    elif status == RmaStatus.APPROVED:
        approve_rma(cast.bob, rma)
    elif status == RmaStatus.PARTIALLY_APPROVED:
        decide_rma(cast.bob, rma, {line.pk: LineDecision(1, 0)})
    elif status == RmaStatus.DENIED:
        deny_rma(cast.bob, rma, reason="misuse")
    elif status == RmaStatus.VOIDED:
        process_rma(cast.bob, rma)
        void_rma(cast.bob, rma)
    elif status == RmaStatus.CANCELED:
        cancel_rma(cast.bob, rma)
    rma.refresh_from_db()
    assert rma.status == status
    return rma


def a_reason(cast: Cast) -> ReturnReason:
    """One of Acme's reasons."""
    reason = ReturnReason.objects.filter(merchant=cast.acme).first()
    assert reason is not None
    return reason


def raw(sql: str, *params: object) -> None:
    """Run a statement as the runtime role does, past every check in Python."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)
