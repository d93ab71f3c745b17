"""RMAs, and what vendors leave with them: hand-overs, photos, drafts of decisions."""

from rmas.models.decisions import CounterOffer, DecisionLink, OfferKind
from rmas.models.rmas import (
    CREDIT_IS_OPEN,
    CreditEntry,
    CreditVariance,
    DenyReason,
    Rma,
    RmaLine,
    RmaNumber,
    RmaQuerySet,
)
from rmas.models.talk import RmaMessage, message_count
from rmas.models.vendors import RmaDraft, RmaFile, RmaHandover
from rmas.models.waiting import CLOCK_FIELDS, Side

__all__ = [
    "CLOCK_FIELDS",
    "CREDIT_IS_OPEN",
    "CounterOffer",
    "CreditEntry",
    "CreditVariance",
    "DecisionLink",
    "DenyReason",
    "OfferKind",
    "Rma",
    "RmaDraft",
    "RmaFile",
    "RmaHandover",
    "RmaLine",
    "RmaMessage",
    "RmaNumber",
    "RmaQuerySet",
    "Side",
    "message_count",
]
