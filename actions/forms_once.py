"""A form is carried out once, however often it is sent (DESIGN section 3, locks)."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.db import transaction

from accounts.actor import Actor
from accounts.models import SubmittedForm


def once(actor: Actor, key: uuid.UUID, work: Callable[[], str]) -> str:
    """Do `work` unless the form `key` was carried out before; the address of the result.

    `work` returns the address to go to (at most 300 characters). The key is written in the same
    transaction, so a second submit waits for the first and then gets its address. When `work`
    raises, the key is free again.
    """
    user_id = actor.user_id
    with transaction.atomic():
        form = SubmittedForm(merchant=actor.merchant, user_id=user_id, key=key)
        SubmittedForm.objects.bulk_create([form], ignore_conflicts=True)
        mine = SubmittedForm.objects.select_for_update(of=("self",)).get(
            merchant=actor.merchant, user_id=user_id, key=key
        )
        if mine.result:
            return mine.result
        mine.result = work()
        mine.save(update_fields=["result"])
    return mine.result
