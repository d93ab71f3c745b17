"""Making RMAs: with a return, and further ones on a return that is there (F7, F9)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.actor import Actor
from accounts.models import Vendor
from actions.base import action
from actions.handovers import hand_over_by_rule
from actions.locks import lock_order, lock_return
from actions.numbers import next_rma_numbers, refuse_taken
from actions.progress import hold, refresh
from actions.requests import FurtherRma, ReturnRequest, RmaRequest
from actions.return_checks import check_cost, check_payable, rma_field
from audit.models import Event
from audit.record import prepare, record_all
from core.errors import Refused
from core.money import ZERO, quantise
from orders.models import OrderLine
from returns.models import Return, ReturnLine
from returns.states import ReturnStatus
from rmas.credits import expected_credit
from rmas.models import Rma, RmaLine, RmaNumber
from rmas.states import RmaStatus
from rmas.strategy import strategy_of


@action("rma.create")
def create_rma(actor: Actor, customer_return: Return, request: FurtherRma) -> Rma:
    """A further RMA on an open return, for units that no other RMA holds (F9).

    Units are free once their RMA denied, voided or canceled them. Raises Refused with the field.
    """
    order = lock_order(actor, customer_return.order_id)
    found = lock_return(actor, customer_return.pk)
    if found.status != ReturnStatus.OPEN:
        raise Refused(_("This return is not open. Re-open it before creating a further RMA."))
    offered = Vendor.objects.visible_to(actor).offered()
    vendor = offered.filter(pk=request.rma.destination_id).first()
    if vendor is None:
        raise Refused(_("Choose the return destination."), field="destination")
    lines = {line.pk: line for line in found.lines.select_for_update(of=("self",)).order_by("pk")}
    wanted = {pk: units for pk, units in request.quantities.items() if units}
    _check_units(lines, wanted)
    made = insert_rmas(
        actor,
        found,
        [(request.rma, vendor, [(lines[pk], units) for pk, units in wanted.items()])],
        rma_numbers(actor.merchant_id, [request.rma]),
        _unit_costs(order.pk, lines, request.unit_costs),
    )[0]
    hold(wanted)
    refresh(found)
    record_all(events_of(actor, found, [made], {vendor.pk: vendor}))
    return made


def new_rmas(
    actor: Actor,
    created: Return,
    return_lines: list[ReturnLine],
    request: ReturnRequest,
    vendors: dict[int, Vendor],
    order_lines: dict[int, OrderLine],
    numbers: list[str],
) -> list[Rma]:
    """Insert one RMA per destination of `return_lines`, in their order, with these numbers."""
    by_destination: dict[int, list[ReturnLine]] = {}
    for line in return_lines:
        by_destination.setdefault(line.destination_id or 0, []).append(line)
    wanted = request.rma_of
    asked = {line.order_line_id: line.unit_cost for line in request.lines}
    costs = {
        line.pk: _unit_cost(asked.get(line.order_line_id), order_lines[line.order_line_id])
        for line in return_lines
    }
    parts = [
        (wanted[pk], vendors[pk], [(line, line.quantity) for line in lines])
        for pk, lines in by_destination.items()
    ]
    return insert_rmas(actor, created, parts, numbers, costs)


def first_status(actor: Actor, request: RmaRequest, vendor: Vendor) -> RmaStatus:
    """The status a new RMA starts with: by the strategy, or approved because a person says so."""
    if request.approve:
        actor.require("rma.approve")
        return RmaStatus.APPROVED
    return strategy_of(actor.merchant, vendor).status


Part = tuple[RmaRequest, Vendor, list[tuple[ReturnLine, int]]]


def insert_rmas(
    actor: Actor, found: Return, parts: list[Part], numbers: list[str], costs: dict[int, Decimal]
) -> list[Rma]:
    """Insert an RMA per part with its lines and number; `costs` are per unit, by return line."""
    for request, _vendor, _units in parts:
        _check_request(request, found.currency)
    rmas = Rma.objects.bulk_create(
        _new_rma(actor, found, part, number, costs)
        for part, number in zip(parts, numbers, strict=True)
    )
    RmaLine.objects.bulk_create(
        RmaLine(
            merchant_id=found.merchant_id,
            rma=rma,
            return_line=line,
            quantity=units,
            approved=units if rma.status == RmaStatus.APPROVED else 0,
            unit_cost=costs[line.pk],
        )
        for rma, (_request, _vendor, lines) in zip(rmas, parts, strict=True)
        for line, units in lines
    )
    RmaNumber.objects.bulk_create(
        RmaNumber(merchant_id=found.merchant_id, rma=rma, vendor_id=rma.vendor_id, number=number)
        for rma, number in zip(rmas, numbers, strict=True)
    )
    hand_over_by_rule(
        (rma, strategy_of(actor.merchant, vendor))
        for rma, (_request, vendor, _units) in zip(rmas, parts, strict=True)
    )
    return rmas


def events_of(
    actor: Actor, found: Return, rmas: Iterable[Rma], vendors: dict[int, Vendor]
) -> list[Event]:
    """What the timeline says about new RMAs, and what the strategy did to them at once."""
    events = []
    for rma in rmas:
        facts = {"number": rma.number, "vendor": vendors[rma.vendor_id].name}
        events.append(prepare(actor, "rma.created", rma, parent=found, **facts))
        if strategy_of(actor.merchant, vendors[rma.vendor_id]).auto_process:
            events.append(prepare(actor, "rma.handed_over", rma, parent=found, **facts))
        if rma.status == RmaStatus.APPROVED:
            by_rule = rma.decided_by_rule
            verb = "rma.approved_by_rule" if by_rule else "rma.approved"
            events.append(prepare(actor, verb, rma, parent=found, **facts))
    return events


def _check_units(lines: dict[int, ReturnLine], wanted: dict[int, int]) -> None:
    if not wanted:
        raise Refused(_("Enter how many units the vendor is asked for."))
    for pk, units in wanted.items():
        if pk not in lines:
            raise Refused(_("One of these items is not on this return. Reload the page."))
        left = lines[pk].unrequested
        if units < 0:
            raise Refused(_("A quantity cannot be negative."), field=f"quantity-{pk}")
        if units > left:
            sentence = ngettext(
                "Only %(left)s of %(all)s is not on an RMA yet.",
                "Only %(left)s of %(all)s are not on an RMA yet.",
                left,
            )
            raise Refused(
                sentence % {"left": left, "all": lines[pk].quantity}, field=f"quantity-{pk}"
            )


def _unit_costs(
    order_id: int, lines: dict[int, ReturnLine], asked: dict[int, Decimal]
) -> dict[int, Decimal]:
    order_lines = OrderLine.objects.select_related("product").in_bulk(
        [line.order_line_id for line in lines.values()]
    )
    for pk, cost in asked.items():
        check_cost(cost, field=f"unit_cost-{pk}")
    return {
        pk: _unit_cost(asked.get(pk), order_lines[line.order_line_id]) for pk, line in lines.items()
    }


def _unit_cost(asked: Decimal | None, line: OrderLine) -> Decimal:
    if asked is not None:
        return asked
    return line.product.unit_cost or ZERO


def _check_request(request: RmaRequest, currency: str) -> None:
    field = rma_field(request.destination_id, "credit_adjustment")
    check_payable(request.credit_adjustment, currency, field)


def rma_numbers(merchant_id: int, requests: Iterable[RmaRequest]) -> list[str]:
    """The numbers asked for, or the next of the series. Raises Refused for one that is taken."""
    requests = list(requests)
    for request in requests:
        if request.number:
            field = rma_field(request.destination_id, "number")
            refuse_taken(merchant_id, request.destination_id, request.number, field)
    unnumbered = sum(not request.number for request in requests)
    fresh = iter(next_rma_numbers(merchant_id, unnumbered))
    return [request.number or next(fresh) for request in requests]


def _new_rma(
    actor: Actor, found: Return, part: Part, number: str, costs: dict[int, Decimal]
) -> Rma:
    request, vendor, lines = part
    units = sum(count for _line, count in lines)
    status = first_status(actor, request, vendor)
    is_approved = status is RmaStatus.APPROVED
    now = timezone.now()
    approved = [(count if is_approved else 0, costs[line.pk]) for line, count in lines]
    return Rma(
        merchant=actor.merchant,
        customer_return=found,
        order_id=found.order_id,
        vendor=vendor,
        number=number,
        status=status,
        return_address=request.return_address or vendor.return_address,
        note=request.note,
        currency=found.currency,
        cost_total=quantise(
            sum((count * costs[line.pk] for line, count in lines), ZERO), found.currency
        ),
        credit_adjustment=request.credit_adjustment,
        credit_expected=expected_credit(approved, request.credit_adjustment, found.currency),
        requested_units=units,
        approved_units=units if is_approved else 0,
        processed_at=now if strategy_of(actor.merchant, vendor).is_handed_over else None,
        decided_at=now if is_approved else None,
        decided_by=actor.user if is_approved and request.approve else None,
        decided_by_rule=is_approved and not request.approve,
    )
