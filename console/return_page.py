"""The page of one return: whose turn it is, lines, RMAs, parcels, money, notes, files (F6)."""

from __future__ import annotations

import uuid
from typing import Any
from uuid import UUID

from django.conf import settings
from django.shortcuts import get_object_or_404

from audit.models import Event
from audit.timeline import entries
from console.notes import NoteForm
from console.return_facts import cards, lines_of, returns_with_rmas, turn, waterfalls
from console.return_menu import choices_of_return
from console.return_papers import ledger_of, papers_of, shipments_of
from core.uploads import megabytes
from core.views import PageView
from returns.states import ReturnStatus, WaitsOn

EVENTS_SHOWN = 100
NEXT_VERBS: dict[str, str] = {WaitsOn.FINANCE: "sync_refund", WaitsOn.MERCHANT: "close"}
"""The verb that is the next step when it is these people's turn."""


class ReturnPage(PageView):
    """Everything about one return, and what the actor may do with it now."""

    template_name = "console/returns/detail.html"

    def page(self, *, public_id: UUID, **address: Any) -> dict[str, Any]:
        """As many statements for thirty lines and RMAs as for one."""
        found = get_object_or_404(returns_with_rmas(self.actor), public_id=public_id)
        lines = lines_of(found)
        ledger = ledger_of(self.actor, found)
        choices = choices_of_return(self.actor, found, found.rmas.all())
        events = Event.objects.visible_to(self.actor).about("return", found.pk)
        return {
            "found": found,
            "order": found.order,
            "invoice": getattr(found.order, "invoice", None),
            "turn": turn(found),
            "lines": waterfalls(found, lines),
            "cards": cards(self.actor, found, ledger),
            "free_units": sum(line.unrequested for line in lines),
            "possible": [choice for choice in choices if not choice.why_not],
            "blocked": [choice for choice in choices if choice.why_not],
            "may_create_rma": self.actor.may("rma.create") and found.status == ReturnStatus.OPEN,
            "shipments": shipments_of(self.actor, found),
            "refunds": [entry for entry in ledger if entry.rma_id is None],
            "papers": papers_of(self.actor, found),
            "note_form": NoteForm(initial={"key": uuid.uuid4(), "audience": "internal"}),
            "file_key": uuid.uuid4(),
            "file_limit": megabytes(settings.RETURN_FILE_LIMIT),
            "next_verb": NEXT_VERBS.get(found.waits_on, ""),
            "timeline": entries(events[:EVENTS_SHOWN]),
        }
