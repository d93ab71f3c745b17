"""What lies beside a return: ledger entries, parcels, notes and files, few statements in all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, Case, CharField, F, Sum, UUIDField, Value, When
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from accounts.actor import Actor
from returns.models import RefundEntry, Return, ReturnFile, ReturnNote
from rmas.models import CreditEntry, CreditVariance
from shipments.models import ReturnShipment

SHOWN = 100
"""How many notes and files of one return the page shows, the newest first."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A refund (`rma_id` is None) or a source credit as the ledgers hold it, signed."""

    rma_id: int | None
    amount: Decimal
    label: str
    note: str
    who: str
    at: datetime
    file: UUID | None = None


def ledger_of(actor: Actor, found: Return) -> list[LedgerEntry]:
    """Refund and credit entries of `found` in one statement, oldest first."""
    refunds = (
        RefundEntry.objects.visible_to(actor)
        .filter(customer_return=found)
        .annotate(
            of_rma=Cast(Value(None), BigIntegerField()),
            what=F("method"),
            form=F("kind"),
            paper=Cast(Value(None), UUIDField()),
        )
    )
    credit = (
        CreditEntry.objects.visible_to(actor)
        .filter(rma__customer_return=found)
        .annotate(
            of_rma=F("rma_id"),
            what=F("reference"),
            form=Value("credit"),
            paper=Case(When(file="", then=None), default=F("public_id")),
        )
    )
    settled = (
        CreditVariance.objects.visible_to(actor)
        .filter(rma__customer_return=found)
        .annotate(
            of_rma=F("rma_id"),
            what=F("reason"),
            form=Value("variance"),
            paper=Cast(Value(None), UUIDField()),
            note=Value(""),
        )
    )
    columns = (
        "of_rma",
        "amount",
        "what",
        "form",
        "note",
        "entered_by__name",
        "entered_at",
        "paper",
        "pk",
    )
    rows = refunds.values_list(*columns).union(
        credit.values_list(*columns), settled.values_list(*columns), all=True
    )
    return [
        LedgerEntry(of_rma, amount, _label(what, form), note, who or _("Backhaul"), at, paper)
        for of_rma, amount, what, form, note, who, at, paper, _pk in sorted(
            rows, key=lambda row: (row[6], row[8])
        )
    ]


def _label(what: str, form: str) -> str:
    if form == "credit":
        return what
    if form == "variance":
        return _("settled: %(reason)s") % {"reason": what}
    if form == RefundEntry.Kind.HISTORICAL:
        return str(RefundEntry.Kind.HISTORICAL.label)
    return str(RefundEntry.Method(what).label)


@dataclass(frozen=True, slots=True)
class Paper:
    """A note (`ref` is None) or a file of a return."""

    kind: str
    text: str
    who: str
    at: datetime
    ref: UUID | None
    size: int

    @property
    def is_file(self) -> bool:
        """Whether it is a file."""
        return self.ref is not None

    @property
    def is_picture(self) -> bool:
        """Whether it can be shown small."""
        return self.kind.startswith("image/")

    @property
    def is_for_customer(self) -> bool:
        """Whether the customer reads it."""
        return self.kind == ReturnNote.Audience.CUSTOMER


def papers_of(actor: Actor, found: Return) -> list[Paper]:
    """The newest notes and files of `found` in one statement, newest first."""
    notes = (
        ReturnNote.objects.visible_to(actor)
        .filter(customer_return=found)
        .annotate(
            kind=Cast("audience", CharField()),
            words=F("text"),
            by=F("written_by__name"),
            moment=F("written_at"),
            ref=Cast(Value(None), UUIDField()),
            bytes=Value(0),
        )
    )
    files = (
        ReturnFile.objects.visible_to(actor)
        .filter(customer_return=found)
        .annotate(
            kind=Cast("content_type", CharField()),
            words=F("name"),
            by=F("added_by__name"),
            moment=F("added_at"),
            ref=F("public_id"),
            bytes=F("size"),
        )
    )
    columns = ("kind", "words", "by", "moment", "ref", "bytes")
    rows: Any = notes.values_list(*columns).union(files.values_list(*columns), all=True)
    return [
        Paper(kind, words, by or _("Backhaul"), moment, ref, size)
        for kind, words, by, moment, ref, size in rows.order_by("-moment")[:SHOWN]
    ]


def shipments_of(actor: Actor, found: Return) -> list[ReturnShipment]:
    """The parcels on their way back, each with its RMA and `units`."""
    return list(
        ReturnShipment.objects.visible_to(actor)
        .filter(customer_return=found)
        .select_related("rma")
        .annotate(units=Sum("lines__quantity"))
        .order_by("id")
    )
