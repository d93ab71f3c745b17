"""Verbs of an RMA: approve, deny, cancel; and making them with a return (F9, F10)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.models import Vendor
from accounts.numbering import take_numbers
from actions.base import action
from actions.locks import lock_return, lock_rma
from actions.requests import ReturnRequest, RmaRequest
from actions.return_checks import rma_field
from audit.models import Event
from audit.record import prepare, record
from core.errors import Refused, Stale
from core.money import ZERO
from core.states import Move, check
from orders.models import OrderLine
from returns.models import Return, ReturnLine
from returns.states import ReturnStatus
from rmas.models import Rma, RmaLine
from rmas.states import ENDED, MOVES, RmaStatus, summarise


@action("rma.approve")
def approve_rma(actor: Actor, rma: Rma, *, version: int | None = None, note: str = "") -> Rma:
    """Approve all units of `rma` that are not voided. Moves no inventory and no money (F11).

    `version` is the one the person saw; a later decision by somebody else raises Stale.
    """
    locked, move = _open(actor, rma, "approve", version)
    locked.lines.update(approved=F("quantity") - F("voided"), denied=0)
    _decide(actor, locked, move.target, approved=locked.requested_units, denied=0)
    return _tell_decision(actor, locked, "rma.approved", note)


@action("rma.deny")
def deny_rma(actor: Actor, rma: Rma, *, version: int | None = None, note: str = "") -> Rma:
    """Deny all units of `rma`; the customer keeps the goods. `version` as in `approve_rma`."""
    locked, move = _open(actor, rma, "deny", version)
    locked.lines.update(approved=0, denied=F("quantity") - F("voided"))
    _decide(actor, locked, move.target, approved=0, denied=locked.requested_units)
    return _tell_decision(actor, locked, "rma.denied", note)


@action("rma.cancel")
def cancel_rma(actor: Actor, rma: Rma, *, version: int | None = None, note: str = "") -> Rma:
    """Take `rma` back, so that its units may go onto another RMA of the same return.

    Refused once anything was received under it. `version` as in `approve_rma`.
    """
    locked, move = _open(actor, rma, "cancel", version)
    if locked.lines.filter(received__gt=0).exists():
        raise Refused(_("Goods have arrived under this RMA already, so it cannot be canceled."))
    if locked.lines.filter(shipped__gt=0).exists():
        raise Refused(_("Goods are on their way back under this RMA, so it cannot be canceled."))
    locked.lines.update(approved=0, denied=0)
    _decide(actor, locked, move.target, approved=0, denied=0)
    return _tell_decision(actor, locked, "rma.canceled", note)


def new_rmas(
    actor: Actor,
    created: Return,
    return_lines: list[ReturnLine],
    request: ReturnRequest,
    vendors: dict[int, Vendor],
    order_lines: dict[int, OrderLine],
) -> list[Rma]:
    """Insert one RMA per destination of `return_lines`; part of making a return."""
    by_destination: dict[int, list[ReturnLine]] = {}
    for line in return_lines:
        by_destination.setdefault(line.destination_id or 0, []).append(line)
    wanted = {rma.destination_id: rma for rma in request.rmas}
    requests = [wanted.get(pk, RmaRequest(pk)) for pk in by_destination]
    numbers = _numbers(actor, requests)
    rmas = Rma.objects.bulk_create(
        _new_rma(actor, created, ask, number, vendors[ask.destination_id], by_destination)
        for ask, number in zip(requests, numbers, strict=True)
    )
    costs = {line.order_line_id: line.unit_cost for line in request.lines}
    RmaLine.objects.bulk_create(
        RmaLine(
            merchant_id=created.merchant_id,
            rma=rma,
            return_line=line,
            quantity=line.quantity,
            approved=line.quantity if rma.status == RmaStatus.APPROVED else 0,
            unit_cost=_unit_cost(costs.get(line.order_line_id), order_lines[line.order_line_id]),
        )
        for rma in rmas
        for line in by_destination[rma.vendor_id]
    )
    return rmas


def end_rmas(actor: Actor, found: Return) -> list[Event]:
    """Cancel every live RMA of `found`; part of canceling a return. Returns events to record."""
    live: QuerySet[Rma] = found.rmas.select_for_update(of=("self",)).exclude(status__in=ENDED)
    events = []
    for rma in live.order_by("pk"):
        rma.lines.update(approved=0, denied=0)
        _write(rma, RmaStatus.CANCELED, approved=0, denied=0, actor=actor)
        events.append(prepare(actor, "rma.canceled", rma, parent=found, number=rma.number))
    found.approved_units = 0
    found.rma_summary = summarise([])
    found.save(update_fields=["approved_units", "rma_summary"])
    return events


def _open(actor: Actor, rma: Rma, name: str, version: int | None) -> tuple[Rma, Move]:
    """Lock return and RMA, and check that the move may be made now and by this version."""
    found = lock_return(actor, rma.customer_return_id)
    locked = lock_rma(actor, rma.pk)
    locked.customer_return = found
    if version is not None and version != locked.version:
        raise Stale(_decided_sentence(locked))
    move = check(MOVES, name, locked.status, locked.state.label.lower())
    if found.status != ReturnStatus.OPEN:
        raise Refused(
            _("Return %(number)s is %(status)s. Re-open it before deciding its RMAs.")
            % {"number": found.number, "status": found.state.label.lower()}
        )
    return locked, move


def _decided_sentence(rma: Rma) -> str:
    if rma.decided_at is None:
        return _("This RMA has changed since you opened it. Look at it again before deciding.")
    at = date_format(timezone.localtime(rma.decided_at), "j M Y, H:i")
    return _("Already %(status)s by %(name)s on %(at)s. Nothing was changed.") % {
        "status": rma.state.label.lower(),
        "name": rma.decided_by.name if rma.decided_by else _("Backhaul"),
        "at": at,
    }


def _decide(actor: Actor, rma: Rma, status: str, *, approved: int, denied: int) -> None:
    _write(rma, status, approved=approved, denied=denied, actor=actor)
    found = rma.customer_return
    rmas = list(Rma.objects.filter(customer_return=found, merchant=actor.merchant))
    found.rma_summary = summarise(other.status for other in rmas)
    found.approved_units = sum(other.approved_units for other in rmas)
    found.version += 1
    found.save(update_fields=["rma_summary", "approved_units", "version"])


def _write(rma: Rma, status: str, *, approved: int, denied: int, actor: Actor) -> None:
    rma.status = status
    rma.approved_units = approved
    rma.denied_units = denied
    rma.decided_at = timezone.now()
    rma.decided_by = actor.user
    rma.version += 1
    rma.save(
        update_fields=[
            "status",
            "approved_units",
            "denied_units",
            "decided_at",
            "decided_by",
            "version",
        ]
    )


def _tell_decision(actor: Actor, rma: Rma, verb: str, note: str) -> Rma:
    record(
        actor,
        verb,
        rma,
        parent=rma.customer_return,
        number=rma.number,
        vendor=rma.vendor.name,
        note=note,
    )
    return rma


def _numbers(actor: Actor, requests: list[RmaRequest]) -> list[str]:
    _refuse_taken(actor, [request for request in requests if request.number])
    fresh = iter(_free_numbers(actor, sum(not request.number for request in requests)))
    return [request.number or next(fresh) for request in requests]


def _free_numbers(actor: Actor, count: int) -> Iterable[str]:
    found: list[str] = []
    while len(found) < count:
        numbers = take_numbers(actor.merchant_id, "rma", count - len(found))
        taken = set(
            Rma.objects.filter(merchant=actor.merchant, number__in=numbers).values_list(
                "number", flat=True
            )
        )
        found += [number for number in numbers if number not in taken]
    return found


def _refuse_taken(actor: Actor, requests: list[RmaRequest]) -> None:
    if not requests:
        return
    taken = set(
        Rma.objects.filter(
            merchant=actor.merchant, number__in=[request.number for request in requests]
        ).values_list("vendor_id", "number")
    )
    for request in requests:
        if (request.destination_id, request.number) in taken:
            raise Refused(
                _("This vendor has an RMA %(number)s already. Choose another number.")
                % {"number": request.number},
                field=rma_field(request.destination_id, "number"),
            )


def _new_rma(
    actor: Actor,
    created: Return,
    request: RmaRequest,
    number: str,
    vendor: Vendor,
    by_destination: dict[int, list[ReturnLine]],
) -> Rma:
    units = sum(line.quantity for line in by_destination[vendor.pk])
    if request.approve:
        actor.require("rma.approve")
    return Rma(
        merchant=actor.merchant,
        customer_return=created,
        order_id=created.order_id,
        vendor=vendor,
        number=number,
        status=RmaStatus.APPROVED if request.approve else RmaStatus.WAITING,
        return_address=request.return_address or vendor.return_address,
        note=request.note,
        currency=created.currency,
        credit_adjustment=request.credit_adjustment,
        requested_units=units,
        approved_units=units if request.approve else 0,
        decided_at=timezone.now() if request.approve else None,
        decided_by=actor.user if request.approve else None,
    )


def _unit_cost(asked: Decimal | None, line: OrderLine) -> Decimal:
    if asked is not None:
        return asked
    return line.product.unit_cost or ZERO
