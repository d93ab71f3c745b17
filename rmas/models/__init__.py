"""RMAs, and what vendors leave with them: hand-overs, photos, drafts of decisions."""

from rmas.models.rmas import (
    CreditEntry,
    DenyReason,
    Rma,
    RmaLine,
    RmaNumber,
    RmaQuerySet,
)
from rmas.models.vendors import RmaDraft, RmaFile, RmaHandover

__all__ = [
    "CreditEntry",
    "DenyReason",
    "Rma",
    "RmaDraft",
    "RmaFile",
    "RmaHandover",
    "RmaLine",
    "RmaNumber",
    "RmaQuerySet",
]
