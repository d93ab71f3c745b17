"""Why a verb is refused although the status allows it: read under lock by the verb, and by menus.

Each function gives the sentence with its next step, or "" when nothing stands in the way.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from accounts.actor import Actor, ActorKind
from core.money import ZERO, quantise
from returns.models import Return
from returns.states import ReturnStatus, RmaSummary
from rmas.models import Rma, RmaLine
from rmas.states import ANSWERED, CREDIT_MOVES, MOVES, RmaStatus


def close_refusal(found: Return) -> str:
    """A return is closed once every RMA is decided."""
    if found.rma_summary != RmaSummary.WAITING:
        return ""
    return _("An RMA of this return still waits for a decision. Decide or cancel it first.")


def cancel_refusal(found: Return) -> str:
    """Nothing received, on its way or refunded can be canceled away."""
    if found.received_units:
        return _("Goods of this return have arrived already. Close it instead.")
    if found.shipped_units:
        return _("Goods of this return are on their way back. Close it once they arrived.")
    if found.refunded != ZERO:
        return _(
            "A refund of this return has been applied already. Close it instead, or edit the"
            " return to refund nothing, sync the refund, and cancel then."
        )
    return ""


def sync_refund_refusal(found: Return) -> str:
    """There must be a difference between the refund record and what was applied."""
    if found.refund_open != ZERO:
        return ""
    return _("Nothing is outstanding: the refund record has been applied in full.")


def moved_refusal(rma: Rma, lines: Iterable[RmaLine]) -> str:
    """Goods under the RMA on their way or here, or a credit recorded, stay decided."""
    lines = list(lines)
    if any(line.received for line in lines):
        return _("Goods have arrived under this RMA already. Close the return once it is settled.")
    if any(line.shipped for line in lines):
        return _("Goods are on their way back under this RMA. Wait until they have arrived.")
    if rma.credited != ZERO:
        return _(
            "A credit of %(amount)s %(currency)s has been recorded for this RMA. Lower the"
            " credit adjustment until nothing is expected, sync the credit, then try again."
        ) % {"amount": quantise(rma.credited, rma.currency), "currency": rma.currency}
    return ""


def process_refusal(rma: Rma) -> str:
    """What is approved is handed over once; afterwards it is re-processed."""
    if rma.processed_at is None or rma.status not in ANSWERED:
        return ""
    return _("This RMA is processed already. Re-process it to give it a new number.")


def reprocess_refusal(rma: Rma) -> str:
    """Only what was handed over can be handed over again."""
    if rma.processed_at is not None:
        return ""
    return _("This RMA has not been processed yet. Process it first.")


def record_credit_refusal(rma: Rma) -> str:
    """The vendor must owe something still."""
    if rma.credit_open >= ZERO:
        return sync_credit_refusal(rma)
    return _("More is recorded than is expected. Sync the credit to lower it.")


def sync_credit_refusal(rma: Rma) -> str:
    """There must be a difference between the credit expected and what was recorded or settled."""
    if rma.credit_open != ZERO:
        return ""
    if rma.credit_variance != ZERO:
        return _(
            "Nothing is open: a difference of %(amount)s %(currency)s has been settled. Edit the"
            " RMA if something else is owed."
        ) % {
            "amount": quantise(rma.credit_variance, rma.currency),
            "currency": rma.currency,
        }
    if rma.credited == ZERO:
        return _("No credit is expected: approve units with a cost, or set an adjustment, first.")
    return _("The expected credit of %(amount)s %(currency)s is recorded already.") % {
        "amount": quantise(rma.credited, rma.currency),
        "currency": rma.currency,
    }


def closed_refusal(actor: Actor, found: Return) -> str:
    """RMAs are decided only while their return is open."""
    if found.status == ReturnStatus.OPEN:
        return ""
    facts = {
        "number": found.number,
        "status": found.state.label.lower(),
        "merchant": actor.merchant.name,
    }
    if actor.kind is ActorKind.VENDOR:
        return _("%(merchant)s has %(status)s return %(number)s, so nothing is left to do.") % facts
    return _("Return %(number)s is %(status)s. Re-open it before deciding its RMAs.") % facts


def vendor_refusal(name: str, rma: Rma, actor: Actor) -> str:
    """Why a vendor cannot do move `name` to `rma` now, in words that do not send them elsewhere."""
    if rma.status in MOVES[name].sources:
        return ""
    facts = {"status": rma.state.label.lower(), "merchant": actor.merchant.name}
    if rma.status in (*ANSWERED, RmaStatus.DENIED) and name in ("approve", "decide", "deny"):
        return (
            _("This RMA is %(status)s already. Ask %(merchant)s to re-open the decision.") % facts
        )
    if name == "reprocess":
        return _("This RMA is %(status)s, so it cannot be re-processed.") % facts
    if name == "process" and rma.status == RmaStatus.PROCESSED:
        return str(MOVES[name].refusal) % facts
    return _("This RMA is %(status)s by now, so nothing is left to do.") % facts


def why_not_rma(actor: Actor, name: str, rma: Rma, found: Return) -> str:
    """Why `actor` cannot do move `name` of `rma`, of return `found`, or "". Reads its lines."""
    if rma.status not in MOVES[name].sources:
        told = vendor_refusal(name, rma, actor) if actor.kind is ActorKind.VENDOR else ""
        return told or str(MOVES[name].refusal) % {"status": rma.state.label.lower()}
    if name in CREDIT_MOVES:
        return (record_credit_refusal if name == "record_credit" else sync_credit_refusal)(rma)
    return closed_refusal(actor, found) or _other_refusal(name, rma)


def _other_refusal(name: str, rma: Rma) -> str:
    match name:
        case "process":
            return process_refusal(rma)
        case "reprocess":
            return reprocess_refusal(rma)
        case "void" | "cancel" | "deny" | "reopen":
            return moved_refusal(rma, rma.lines.all())
    return ""
