"""Refusals: what a person asked for and cannot have, said in a sentence with a next step."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied


class Refused(Exception):
    """A rule of the house says no.

    `message` is the sentence the person reads; `field` names the input it belongs to, or is
    empty when it belongs to the whole request. Nothing has been changed when this is raised.
    """

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(str(message))
        self.message = message
        self.field = field


class Stale(Refused):
    """Somebody else changed the object after this form was opened; says who and when."""


class NotAllowed(PermissionDenied):
    """The actor may see the object but may not do this to it (answers 403)."""
