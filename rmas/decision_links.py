"""Tokens of decision links: signed, known by their hash, put into the mail as it leaves.

The token follows from the link's key and the site's secret, so that a mail that is sent again
carries the same one. What is kept, the message log included, holds a placeholder; the token stands
in the mail alone (X7).
"""

from __future__ import annotations

import hashlib
import re
import uuid
from datetime import timedelta

from django.core.signing import BadSignature, Signer
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import User
from rmas.models import DecisionLink, Rma

DAYS_VALID = timedelta(days=14)
_PLACE = "DECISION-LINK-"
_PLACES = re.compile(_PLACE + r"([0-9a-f]{32})")


def _signer() -> Signer:
    return Signer(salt="rmas.decision_links", sep=".")


def token_of(merchant_id: int, key: uuid.UUID) -> str:
    """The token of a link."""
    return _signer().sign(f"{merchant_id}-{key.hex}")


def read_token(token: str) -> tuple[int, uuid.UUID] | None:
    """Merchant and key of a token that we signed, else None."""
    try:
        merchant, _dash, key = _signer().unsign(token).partition("-")
        return int(merchant), uuid.UUID(key)
    except (BadSignature, ValueError):
        return None


def new_link(rma: Rma, user: User) -> DecisionLink:
    """A fresh link for `user`, a user of the RMA's vendor; former ones of theirs end.

    Called where the mail is written, within the outbox: verbs only cause the mail, so that no event
    and no log holds the token.
    """
    now = timezone.now()
    old = DecisionLink.objects.filter(
        Q(used_at__isnull=True, expires_at__gt=now), merchant_id=rma.merchant_id, rma=rma, user=user
    )
    old.update(expires_at=now)
    key = uuid.uuid4()
    return DecisionLink.objects.create(
        merchant_id=rma.merchant_id,
        key=key,
        rma=rma,
        vendor_id=rma.vendor_id,
        user=user,
        token_hash=_hash(token_of(rma.merchant_id, key)),
        sent_to=user.email,
        expires_at=now + DAYS_VALID,
    )


def place_of(link: DecisionLink) -> str:
    """What stands in kept texts where the mail has the token."""
    return f"{_PLACE}{link.key.hex}"


def filled_in(merchant_id: int, text: str) -> str:
    """`text` of a mail as it leaves the house, with the tokens."""
    return _PLACES.sub(lambda found: token_of(merchant_id, uuid.UUID(found[1])), text)


def is_of(link: DecisionLink, token: str) -> bool:
    """Whether `token` is the one the link was made with."""
    return constant_time_compare(link.token_hash, _hash(token))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
