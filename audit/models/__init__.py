"""What happened, what it causes, and what people were told about it."""

from audit.models.events import (
    Delivery,
    Event,
    EventData,
    EventQuerySet,
    open_to_vendors,
    subject_key,
)
from audit.models.messages import Message, MessageKind, MessageState, StoppedAddress

__all__ = [
    "Delivery",
    "Event",
    "EventData",
    "EventQuerySet",
    "Message",
    "MessageKind",
    "MessageState",
    "StoppedAddress",
    "open_to_vendors",
    "subject_key",
]
