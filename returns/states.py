"""States of a return (F8) and what the merchant's lists say about its RMAs."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.states import Move


class ReturnStatus(models.TextChoices):
    """Whether the return is being worked on."""

    OPEN = "open", _("Open")
    CLOSED = "closed", _("Closed")
    CANCELED = "canceled", _("Canceled")

    @property
    def tone(self) -> str:
        """Its colour on the screen."""
        return "moving" if self is ReturnStatus.OPEN else "ended"


class RmaSummary(models.TextChoices):
    """All RMAs of a return in one word, for lists and filters. Canceled RMAs do not count."""

    NONE = "none", _("No RMA")
    WAITING = "waiting", _("Waiting")
    APPROVED = "approved", _("Approved")
    PARTIALLY_APPROVED = "partially_approved", _("Partially approved")
    DENIED = "denied", _("Denied")

    @property
    def tone(self) -> str:
        """Its colour on the screen."""
        return {"none": "ended", "waiting": "act", "approved": "agreed", "denied": "refused"}.get(
            self.value, "partly"
        )


class WaitsOn(models.TextChoices):
    """Who must act next (X4)."""

    NOBODY = "nobody", _("Nobody")
    VENDOR = "vendor", _("Vendor")
    WAREHOUSE = "warehouse", _("Warehouse")
    CUSTOMER = "customer", _("Customer")
    CARRIER = "carrier", _("Carrier")
    FINANCE = "finance", _("Finance")
    MERCHANT = "merchant", _("Merchant")


class BulkVerb(models.TextChoices):
    """What may be done to many returns at once (F14)."""

    APPROVE = "approve", _("Approve RMAs")
    SYNC_REFUND = "sync_refund", _("Sync refund")
    CLOSE = "close", _("Close return")
    REOPEN = "reopen", _("Re-open return")
    CANCEL = "cancel", _("Cancel return")


class BulkStatus(models.TextChoices):
    """How far one verb over many returns is (F14)."""

    CHECKING = "checking", _("Looking ahead")
    CHECKED = "checked", _("Ready to start")
    QUEUED = "queued", _("Waiting to start")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Stopped")

    @property
    def tone(self) -> str:
        """Its colour on the screen."""
        return {"checked": "act", "done": "agreed", "failed": "refused"}.get(self.value, "moving")

    @property
    def is_moving(self) -> bool:
        """Whether the house is at work on it."""
        return self in (BulkStatus.CHECKING, BulkStatus.QUEUED, BulkStatus.RUNNING)


class ShippedStatus(models.TextChoices):
    """Where the goods of a return are, from its counters (F5)."""

    NOT_SENT = "not_sent", _("Not sent")
    ON_ITS_WAY = "on_its_way", _("On its way")
    PARTLY_RECEIVED = "partly_received", _("Partly received")
    RECEIVED = "received", _("Received")

    @property
    def tone(self) -> str:
        """Its colour on the screen."""
        return {"on_its_way": "moving", "partly_received": "partly", "received": "agreed"}.get(
            self.value, "ended"
        )

    @classmethod
    def of(cls, shipped: int, received: int, approved: int) -> ShippedStatus:
        """The status that follows from the units shipped back, received and approved."""
        if received:
            return cls.RECEIVED if received >= approved else cls.PARTLY_RECEIVED
        return cls.ON_ITS_WAY if shipped else cls.NOT_SENT


# What the lists ask for. Each condition has an index of its own, so it must be asked word by word.
SHIPPED_STATES = {
    ShippedStatus.NOT_SENT.value: Q(shipped_units=0, received_units=0),
    ShippedStatus.ON_ITS_WAY.value: Q(shipped_units__gt=0, received_units=0),
    ShippedStatus.PARTLY_RECEIVED.value: Q(
        received_units__gt=0, received_units__lt=F("approved_units")
    ),
    ShippedStatus.RECEIVED.value: Q(received_units__gt=0, received_units__gte=F("approved_units")),
}
IN_TRANSIT = Q(status=ReturnStatus.OPEN, shipped_units__gt=F("received_units"))
REFUND_OPEN = ~Q(status=ReturnStatus.CANCELED) & Q(
    refund_items__gt=F("refunded") - F("refund_shipping") - F("refund_adjustment")
)
WAITING = ~Q(waits_on=WaitsOn.NOBODY)


UNDECIDED = frozenset({"waiting", "processing", "processed"})
"""RMA statuses in which the vendor has not answered yet."""


class Condition(models.TextChoices):
    """In what state the customer sends the goods back (F8)."""

    NEW = "new", _("New")
    USED = "used", _("Used")
    DAMAGED = "damaged", _("Damaged")


DEFAULT_REASONS = (
    ("incorrect-item", _("Incorrect item")),
    ("changed-mind", _("Changed mind")),
    ("incorrect-size", _("Incorrect size")),
    ("late-arrival", _("Late arrival")),
)

MOVES = {
    "close": Move(
        frozenset({ReturnStatus.OPEN}),
        ReturnStatus.CLOSED,
        "return.close",
        _("Close return"),
        _("This return is %(status)s already, so it cannot be closed."),
    ),
    "reopen": Move(
        frozenset({ReturnStatus.CLOSED}),
        ReturnStatus.OPEN,
        "return.reopen",
        _("Re-open return"),
        _("Only a closed return can be re-opened; this one is %(status)s."),
    ),
    "uncancel": Move(
        frozenset({ReturnStatus.CANCELED}),
        ReturnStatus.OPEN,
        "return.uncancel",
        _("Un-cancel return"),
        _("Only a canceled return can be un-canceled; this one is %(status)s."),
    ),
    "edit": Move(
        frozenset({ReturnStatus.OPEN}),
        ReturnStatus.OPEN,
        "return.edit",
        _("Edit return"),
        _("This return is %(status)s. Re-open it before editing."),
    ),
    "sync_refund": Move(
        frozenset({ReturnStatus.OPEN, ReturnStatus.CLOSED}),
        "",
        "refund.apply",
        _("Sync refund"),
        _("This return is %(status)s, so it refunds nothing. Un-cancel it first."),
    ),
    "cancel": Move(
        frozenset({ReturnStatus.OPEN}),
        ReturnStatus.CANCELED,
        "return.cancel",
        _("Cancel return"),
        _("Only an open return can be canceled; this one is %(status)s. Re-open it first."),
        danger=True,
    ),
}
