"""Deciding an RMA: approve, deny, per line, and taking a decision back (F9, F10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.actor import Actor, ActorKind
from actions.base import action
from actions.locks import lock_return, lock_rma
from actions.progress import hold, refresh
from actions.refusals import closed_refusal, moved_refusal, vendor_refusal
from actions.stale import check_version
from audit.record import record
from core.errors import Refused, Stale
from core.money import ZERO, quantise
from core.states import check
from returns.states import UNDECIDED, ReturnStatus
from rmas.credits import expected_credit
from rmas.models import CLOCK_FIELDS, DenyReason, Rma, RmaLine
from rmas.states import CREDIT_MOVES, MOVES, RmaStatus, decided


@dataclass(frozen=True, slots=True)
class LineDecision:
    """What becomes of the units of one RMA line; the rest stays undecided."""

    approved: int
    denied: int
    reason: str = ""


@action("rma.approve")
def approve_rma(actor: Actor, rma: Rma, *, version: int | None = None, note: str = "") -> Rma:
    """Approve all units of `rma` that are not voided. Moves no inventory and no money (F11).

    `version` is the one the person saw; a later decision by somebody else raises Stale.
    """
    locked, lines = open_rma(actor, rma, "approve", version)
    everything = {line.pk: LineDecision(line.quantity - line.voided, 0) for line in lines}
    _decide(actor, locked, lines, everything)
    return tell_rma(actor, locked, "rma.approved", note)


@action("rma.approve")
def approve_by_silence(actor: Actor, rma: Rma) -> Rma:
    """Approve all units of `rma` because its vendor did not answer in the agreed time (X7)."""
    locked, lines = open_rma(actor, rma, "approve", None)
    everything = {line.pk: LineDecision(line.quantity - line.voided, 0) for line in lines}
    _decide(actor, locked, lines, everything, by_rule=True)
    return tell_rma(actor, locked, "rma.approved_by_silence", "")


@action("rma.deny")
def deny_rma(
    actor: Actor,
    rma: Rma,
    *,
    reason: str = DenyReason.OTHER,
    version: int | None = None,
    note: str = "",
) -> Rma:
    """Deny all units of `rma` for one coded reason; they may go onto a further RMA.

    `version` as in `approve_rma`. Refused once units are on their way, received or credited.
    """
    locked, lines = open_rma(actor, rma, "deny", version)
    if reason not in DenyReason.values:
        raise Refused(_("Choose why the RMA is denied."), field="reason")
    everything = {line.pk: LineDecision(0, line.quantity - line.voided, reason) for line in lines}
    _decide(actor, locked, lines, everything)
    return tell_rma(actor, locked, "rma.denied", note, reason=str(DenyReason(reason).label))


@action("rma.approve")
def decide_rma(
    actor: Actor,
    rma: Rma,
    decisions: Mapping[int, LineDecision],
    *,
    version: int | None = None,
    note: str = "",
) -> Rma:
    """Approve and deny units line by line; `decisions` by RMA line id (F9).

    The status follows from the quantities: all approved, all denied, or Partially Approved. Lines
    without a decision stay as they are. Raises Refused with the field.
    """
    locked, lines = open_rma(actor, rma, "decide", version)
    if any(one.denied for one in decisions.values()):
        actor.require("rma.deny")
    known = {line.pk for line in lines}
    if not known.issuperset(decisions):
        raise Refused(_("One of these items is not on this RMA. Reload the page."))
    before = [(line.approved, line.denied, line.deny_reason) for line in lines]
    _decide(actor, locked, lines, decisions)
    if before == [(line.approved, line.denied, line.deny_reason) for line in lines]:
        raise Refused(_("Nothing has changed. Enter how many units are approved or denied."))
    facts = {
        "approved": locked.approved_units,
        "denied": locked.denied_units,
        "reason": ", ".join(
            sorted({str(line.get_deny_reason_display()) for line in lines if line.denied})
        ),
    }
    return tell_rma(actor, locked, "rma.decided", note, requested=locked.requested_units, **facts)


@action("rma.reopen")
def reopen_rma(actor: Actor, rma: Rma, *, version: int | None = None, note: str = "") -> Rma:
    """Take a decision back, so that it can be made again. Refused once goods or money moved."""
    locked, lines = open_rma(actor, rma, "reopen", version)
    refuse_moved(locked, lines)
    nothing = {line.pk: LineDecision(0, 0) for line in lines}
    _check_free(lines, nothing)
    _decide(actor, locked, lines, nothing)
    return tell_rma(actor, locked, "rma.reopened", note)


def open_rma(actor: Actor, rma: Rma, name: str, version: int | None) -> tuple[Rma, list[RmaLine]]:
    """Lock return, RMA and lines, and check that move `name` may be made now, by this version."""
    found = lock_return(actor, rma.customer_return_id)
    locked = lock_rma(actor, rma.pk)
    locked.customer_return = found
    is_vendor = actor.kind is ActorKind.VENDOR
    if version is not None and version != locked.version and locked.decided_at and not is_vendor:
        raise Stale(_decided_sentence(locked))
    check_version(actor, locked, version)
    if is_vendor and (sentence := vendor_refusal(name, locked, actor)):
        raise Refused(sentence)
    check(MOVES, name, locked.status, locked.state.label.lower())
    if found.status != ReturnStatus.OPEN and name not in CREDIT_MOVES:
        raise Refused(closed_refusal(actor, found))
    return locked, lock_rma_lines(locked)


def lock_rma_lines(rma: Rma) -> list[RmaLine]:
    """The lines of a locked RMA with their return lines, locked until the transaction ends."""
    lines = rma.lines.select_for_update(of=("self",)).select_related("return_line")
    return list(lines.order_by("pk"))


def refuse_moved(rma: Rma, lines: list[RmaLine]) -> None:
    """Refuse when goods under `rma` are on their way or here, or a credit has been recorded."""
    if sentence := moved_refusal(rma, lines):
        raise Refused(sentence)


def write_lines(rma: Rma, lines: list[RmaLine], held_before: dict[int, int]) -> None:
    """Save `lines`, count them on `rma` (unsaved), and tell the return's lines what is held now."""
    RmaLine.objects.bulk_update(
        lines, ["quantity", "approved", "denied", "voided", "deny_reason", "unit_cost"]
    )
    rma.requested_units = sum(line.quantity - line.voided for line in lines)
    rma.approved_units = sum(line.approved for line in lines)
    rma.denied_units = sum(line.denied for line in lines)
    rma.cost_total = total_cost(rma, lines)
    rma.credit_expected = expected_credit(
        ((line.approved, line.unit_cost) for line in lines), rma.credit_adjustment, rma.currency
    )
    hold({line.return_line_id: line.held - held_before[line.pk] for line in lines})


def total_cost(rma: Rma, lines: list[RmaLine]) -> Decimal:
    """What all units asked for cost together, rounded once to what can be paid."""
    return quantise(sum((line.quantity * line.unit_cost for line in lines), ZERO), rma.currency)


def held(lines: list[RmaLine]) -> dict[int, int]:
    """What each line keeps from further RMAs, by line id."""
    return {line.pk: line.held for line in lines}


def save_rma(rma: Rma, *fields: str) -> None:
    """Save status, counters and `fields` of `rma` as its next version."""
    rma.version += 1
    rma.save(
        update_fields=[
            "status",
            "requested_units",
            "approved_units",
            "denied_units",
            "cost_total",
            "credit_expected",
            "version",
            *fields,
        ]
    )


def _decide(
    actor: Actor,
    rma: Rma,
    lines: list[RmaLine],
    decisions: Mapping[int, LineDecision],
    *,
    by_rule: bool = False,
) -> None:
    before = held(lines)
    for line in lines:
        if line.pk in decisions:
            _check_line(line, decisions[line.pk])
    _check_free(lines, decisions)
    for line in lines:
        decision = decisions.get(line.pk)
        if decision is not None:
            line.approved, line.denied = decision.approved, decision.denied
            line.deny_reason = decision.reason if decision.denied else ""
    write_lines(rma, lines, before)
    if not rma.approved_units and rma.credited != ZERO:
        refuse_moved(rma, lines)
    rma.status = decided(rma.requested_units, rma.approved_units, rma.denied_units, _undecided(rma))
    rma.decided_at = timezone.now() if rma.approved_units or rma.denied_units else None
    rma.decided_by = actor.user if rma.decided_at else None
    rma.decided_by_rule = by_rule
    if rma.decided_at is None:
        rma.start_clock(timezone.now())
    else:
        rma.question_to, rma.question_at = "", None
    save_rma(rma, "decided_at", "decided_by", "decided_by_rule", *CLOCK_FIELDS)
    refresh(rma.customer_return)


def _undecided(rma: Rma) -> RmaStatus:
    """The status of `rma` while none of its units is approved and not all are denied."""
    if rma.status in UNDECIDED:
        return rma.state
    return RmaStatus.PROCESSED if rma.processed_at else RmaStatus.WAITING


def _check_line(line: RmaLine, decision: LineDecision) -> None:
    asked = line.quantity - line.voided
    if decision.approved < 0 or decision.denied < 0:
        raise Refused(_("A quantity cannot be negative."), field=line_field(line.pk, "approved"))
    if decision.approved + decision.denied > asked:
        sentence = ngettext(
            "Only %(asked)s unit is asked for; approved and denied together are more.",
            "Only %(asked)s units are asked for; approved and denied together are more.",
            asked,
        )
        raise Refused(sentence % {"asked": asked}, field=line_field(line.pk, "approved"))
    if decision.approved < max(line.shipped, line.received):
        sentence = _("%(units)s are on their way back already, so at least these stay approved.")
        raise Refused(
            sentence % {"units": max(line.shipped, line.received)},
            field=line_field(line.pk, "approved"),
        )
    if decision.denied and decision.reason not in DenyReason.values:
        raise Refused(_("Choose why it is denied."), field=line_field(line.pk, "reason"))


def _check_free(lines: list[RmaLine], decisions: Mapping[int, LineDecision]) -> None:
    """Denied units that went onto another RMA meanwhile cannot be asked for again here."""
    for line in lines:
        if line.pk not in decisions:
            continue
        more = line.denied - decisions[line.pk].denied
        free = line.return_line.unrequested
        if more > free:
            raise Refused(
                _("The denied units are on a further RMA by now. Cancel that one first."),
                field=line_field(line.pk, "denied"),
            )


def line_field(rma_line_id: int, name: str) -> str:
    """How a refusal names an input of one RMA line."""
    return f"rma-line-{rma_line_id}-{name}"


def _decided_sentence(rma: Rma) -> str:
    at = date_format(timezone.localtime(rma.decided_at), "j M Y, H:i")
    return _("Already %(status)s by %(name)s on %(at)s. Nothing was changed.") % {
        "status": rma.state.label.lower(),
        "name": rma.decided_by.name if rma.decided_by else _("Backhaul"),
        "at": at,
    }


def tell_rma(actor: Actor, rma: Rma, verb: str, note: str, **facts: object) -> Rma:
    """Record `verb` of `rma` with its number, vendor and the note; returns the RMA."""
    record(
        actor,
        verb,
        rma,
        parent=rma.customer_return,
        number=rma.number,
        vendor=rma.vendor.name,
        note=note,
        **facts,
    )
    return rma
