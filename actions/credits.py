"""Source credits: what a vendor gives back for an RMA, as signed entries (F12, X6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actor import Actor
from actions.base import action
from actions.files import SafeFile, safe_file
from actions.refusals import record_credit_refusal, sync_credit_refusal
from actions.rmas import open_rma, total_cost
from audit.models import Event
from audit.record import prepare, record, record_all
from core.errors import Refused
from core.money import ZERO, quantise
from rmas.models import CreditEntry, CreditVariance, Rma


@dataclass(frozen=True, slots=True)
class ReceivedCredit:
    """A credit note of the vendor: its amount in the RMA's currency, its number, date and file."""

    amount: Decimal
    number: str
    dated: date
    file: UploadedFile | None = None


@action("credit.apply")
def sync_credit(
    actor: Actor, rma: Rma, *, reference: str = "", version: int | None = None, note: str = ""
) -> CreditEntry:
    """Record the difference between the credit expected for `rma` and what was recorded so far.

    Expected is the cost of the approved units plus the adjustment. The difference may be negative:
    then the credit is lowered. Raises Refused when there is none, or more than cost plus allowed
    adjustment would stand there.
    """
    locked, lines = open_rma(actor, rma, "sync_credit", version)
    amount = locked.credit_open
    if amount == ZERO:
        raise Refused(sync_credit_refusal(locked))
    entry, event = enter_credit(actor, locked, amount, reference=reference, note=note)
    Rma.objects.filter(pk=locked.pk).update(
        cost_total=total_cost(locked, lines),
        credited=F("credited") + amount,
        version=F("version") + 1,
    )
    record_all([event])
    return entry


@action("credit.apply")
def record_credit(
    actor: Actor, rma: Rma, received: ReceivedCredit, *, version: int | None = None, note: str = ""
) -> CreditEntry:
    """Record a credit note as the vendor sent it; it may be a part of what is open (X6).

    Raises Refused, at the field, for an amount that is not above zero or above what is open, a day
    that has not come, a number this RMA has had already, and a file that is no photo or PDF.
    """
    locked, _lines = open_rma(actor, rma, "record_credit", version)
    if refusal := record_credit_refusal(locked):
        raise Refused(refusal)
    _check_received(actor, locked, received)
    kept = safe_file(received.file) if received.file else None
    entry, event = enter_credit(
        actor,
        locked,
        received.amount,
        reference=received.number,
        note=note,
        dated=received.dated,
        kept=kept,
    )
    Rma.objects.filter(pk=locked.pk).update(
        credited=F("credited") + received.amount, version=F("version") + 1
    )
    record_all([event])
    return entry


@action("credit.apply")
def settle_credit(
    actor: Actor, rma: Rma, *, reason: str, version: int | None = None, note: str = ""
) -> CreditVariance:
    """Settle what is open of the credit for `rma` as a variance that stays visible (X6).

    Nothing expected or recorded is changed. Raises Refused when nothing is open, or without reason.
    """
    locked, _lines = open_rma(actor, rma, "settle_credit", version)
    amount = locked.credit_open
    if amount == ZERO:
        raise Refused(sync_credit_refusal(locked))
    if not reason.strip():
        raise Refused(_("Say why the difference is settled."), field="reason")
    variance = CreditVariance.objects.create(
        merchant=actor.merchant,
        rma=locked,
        amount=amount,
        currency=locked.currency,
        reason=reason.strip(),
        entered_by=actor.user,
    )
    Rma.objects.filter(pk=locked.pk).update(
        credit_variance=F("credit_variance") + amount, version=F("version") + 1
    )
    record(
        actor,
        "credit.settled",
        locked,
        parent=locked.customer_return,
        number=locked.number,
        vendor=locked.vendor.name,
        amount=f"{quantise(amount, locked.currency)} {locked.currency}",
        reason=variance.reason,
        note=note,
    )
    return variance


def enter_credit(
    actor: Actor,
    rma: Rma,
    amount: Decimal,
    *,
    reference: str = "",
    note: str = "",
    dated: date | None = None,
    kept: SafeFile | None = None,
) -> tuple[CreditEntry, Event]:
    """Append `amount` to the ledger; the counter of the RMA and the event are the caller's."""
    entry = CreditEntry(
        merchant=actor.merchant,
        rma=rma,
        amount=amount,
        currency=rma.currency,
        reference=reference,
        note=note,
        dated=dated,
        entered_by=actor.user,
    )
    if kept is not None:
        entry.file_name, entry.content_type = kept.name, kept.content_type
        entry.file.save(kept.stored_as, ContentFile(kept.content), save=False)
    try:
        entry.save(force_insert=True)
    except BaseException:
        if kept is not None:
            entry.file.delete(save=False)
        raise
    event = prepare(
        actor,
        "credit.applied",
        rma,
        parent=rma.customer_return,
        number=rma.number,
        vendor=rma.vendor.name,
        amount=f"{quantise(amount, rma.currency)} {rma.currency}",
        reference=reference,
        note=note,
    )
    return entry, event


def _check_received(actor: Actor, rma: Rma, received: ReceivedCredit) -> None:
    amount = quantise(received.amount, rma.currency)
    if amount != received.amount:
        raise Refused(
            _("%(currency)s has no such small amounts. Enter what the credit note says.")
            % {"currency": rma.currency},
            field="amount",
        )
    if amount <= ZERO:
        raise Refused(_("Enter an amount above zero."), field="amount")
    if amount > rma.credit_open:
        raise Refused(
            _(
                "Only %(open)s %(currency)s is open. If the vendor credits more, raise the credit"
                " adjustment with Edit RMA first."
            )
            % {"open": quantise(rma.credit_open, rma.currency), "currency": rma.currency},
            field="amount",
        )
    if received.dated > timezone.localdate(timezone=actor.merchant.zone):
        raise Refused(
            _("This day has not come yet. Enter the date on the credit note."), field="dated"
        )
    number = received.number.strip()
    if not number:
        raise Refused(_("Enter the number of the vendor’s credit note."), field="credit_number")
    if CreditEntry.objects.filter(merchant=actor.merchant, rma=rma, reference=number).exists():
        raise Refused(
            _("Credit %(number)s is recorded on this RMA already. Check its number.")
            % {"number": number},
            field="credit_number",
        )
