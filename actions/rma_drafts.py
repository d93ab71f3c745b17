"""Drafts of a decision: kept as typed per person and RMA, gone once the decision is made (F15)."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.actor import Actor
from core.errors import Refused
from rmas.models import Rma, RmaDraft

LONGEST = 500
MOST = 2_000


def keep_rma_draft(actor: Actor, rma: Rma, choices: dict[str, str]) -> RmaDraft:
    """Remember what `actor` typed about `rma`, input by input; the last draft counts.

    Nobody else sees it, so it leaves no event. Raises Refused for more inputs than any RMA has.
    """
    actor.require("rma.approve")
    if len(choices) > MOST:
        raise Refused(_("This is too much for a draft. Submit the decision in parts."))
    draft, _made = RmaDraft.objects.visible_to(actor).update_or_create(
        merchant=actor.merchant,
        rma=rma,
        user=actor.user,
        defaults={
            "version": rma.version,
            "choices": {name: value[:LONGEST] for name, value in choices.items()},
        },
    )
    return draft


def drop_rma_draft(actor: Actor, rma: Rma) -> None:
    """Forget the actor's draft about `rma`, if there is one."""
    actor.require("rma.approve")
    RmaDraft.objects.visible_to(actor).filter(rma=rma).delete()
