"""Messages after a verb: what was done, and where it can be undone."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest


def done(request: HttpRequest, text: str, *, undo: str = "") -> None:
    """Tell that `text` happened; `undo` is the address that takes it back, shown as a link."""
    messages.success(request, text, extra_tags=undo)
