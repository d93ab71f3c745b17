"""Returns: what comes back from one order, and what people do around it."""

from returns.models.desk import (
    BulkItem,
    BulkJob,
    ListColumns,
    ReturnDraft,
    ReturnFile,
    ReturnNote,
    SavedFilter,
)
from returns.models.exports import ExportJob, ReturnImport, SavedExport
from returns.models.returns import (
    RefundEntry,
    Return,
    ReturnLine,
    ReturnQuerySet,
    ReturnReason,
    copies_of,
)

__all__ = [
    "BulkItem",
    "BulkJob",
    "ExportJob",
    "ListColumns",
    "RefundEntry",
    "Return",
    "ReturnDraft",
    "ReturnFile",
    "ReturnImport",
    "ReturnLine",
    "ReturnNote",
    "ReturnQuerySet",
    "ReturnReason",
    "SavedExport",
    "SavedFilter",
    "copies_of",
]
