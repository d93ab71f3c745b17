"""The link of an invitation: signed, for one invitation, and only the one that was sent last."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.core.signing import BadSignature, Signer

from accounts.models import Invitation

DAYS = 7
"""How long a link works."""


@dataclass(frozen=True, slots=True)
class Link:
    """What a genuine link says; whether it still works only the invitation knows."""

    merchant_id: int
    public_id: uuid.UUID
    number: int


def token_of(invitation: Invitation) -> str:
    """The secret part of the link to `invitation` as it was sent last."""
    facts = f"{invitation.merchant_id}.{invitation.public_id}.{invitation.link_number}"
    return _signer().sign(facts)


def read_token(token: str) -> Link | None:
    """What `token` says, or None when we did not make it."""
    try:
        merchant_id, public_id, number = _signer().unsign(token).split(".")
        return Link(int(merchant_id), uuid.UUID(public_id), int(number))
    except (BadSignature, ValueError):
        return None


def _signer() -> Signer:
    return Signer(salt="accounts.invitation")
