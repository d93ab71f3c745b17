"""Drafts of the return wizard: kept as typed, completed once (F7)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actor import Actor
from actions.addresses import AddressEdit, add_address
from actions.requests import ReturnRequest
from actions.return_checks import rma_field
from actions.returns import create_return
from core.errors import Refused
from orders.models import Order
from returns.models import ReturnDraft


def keep_draft(actor: Actor, order: Order, key: UUID, **parts: dict[str, Any]) -> ReturnDraft:
    """Remember what `actor` typed in some parts of the wizard ("items", "rmas").

    A draft is nobody's business but the writer's, so it leaves no event. A completed draft is
    returned as it is; a key of somebody else's draft is refused.
    """
    actor.require("return.create")
    fresh = ReturnDraft(merchant=actor.merchant, key=key, user=actor.user, order=order)
    ReturnDraft.objects.bulk_create([fresh], ignore_conflicts=True)
    draft = _lock(actor, key)
    if draft.order_id != order.pk:
        raise Refused(_("This form belongs to another order. Open the order and start again."))
    if draft.completed_as_id is None:
        draft.choices = {**draft.choices, **parts}
        draft.save(update_fields=["choices", "updated_at"])
    return draft


def complete_draft(actor: Actor, key: UUID, request: ReturnRequest) -> ReturnDraft:
    """Make the return the draft describes, once: a second call returns the first one's draft.

    Addresses to be saved enter the address book with it, or nothing is made.
    """
    with transaction.atomic():
        draft = _lock(actor, key)
        if draft.completed_as_id is None:
            _save_addresses(actor, request)
            draft.completed_as = create_return(actor, draft.order, request)
            draft.choices = {}
            draft.save(update_fields=["completed_as", "choices", "updated_at"])
    return draft


def _save_addresses(actor: Actor, request: ReturnRequest) -> None:
    for rma in request.rmas:
        if not rma.save_address:
            continue
        edit = AddressEdit(rma.address_label, rma.return_address)
        try:
            add_address(actor, edit, vendor_id=rma.destination_id)
        except Refused as refused:
            name = "return_address" if refused.field == "address" else "address_label"
            raise Refused(refused.message, field=rma_field(rma.destination_id, name)) from refused


def _lock(actor: Actor, key: UUID) -> ReturnDraft:
    draft = (
        ReturnDraft.objects.visible_to(actor)
        .select_for_update(of=("self",))
        .select_related("order")
        .filter(key=key)
        .first()
    )
    if draft is None:
        raise Refused(_("This draft is not yours. Open the order and start again."))
    return draft
