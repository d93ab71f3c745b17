"""The thread with the merchant about one RMA, on the vendor's side (X7)."""

from __future__ import annotations

import uuid
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from actions.forms_once import once
from actions.rma_talk import lift_dispute, set_dispute, write_message
from core.errors import Refused
from core.notices import done
from core.uploads import is_too_large, megabytes
from core.views import PageView
from rmas.models import Rma, RmaMessage
from rmas.states import ENDED
from rmas.talk_forms import TalkFields
from vendor_portal.verbs import page_of_rma, rmas_for


class TalkForm(TalkFields):
    """The thread's form with its key."""

    key = forms.UUIDField(widget=forms.HiddenInput)


class TalkPage(PageView):
    """All that was written about an RMA, and the form for more."""

    template_name = "vendor_portal/talk.html"
    file_limit = "RETURN_FILE_LIMIT"

    def load(self, public_id: UUID) -> Rma:
        """The RMA, if it is this vendor's."""
        return get_object_or_404(rmas_for(self.actor), public_id=public_id)

    def page(self, *, public_id: UUID, **address: Any) -> dict[str, Any]:
        """The thread with an empty form."""
        return self.context(self.load(public_id), TalkForm(initial={"key": uuid.uuid4()}))

    def post(self, request: Any, *, public_id: UUID, **address: Any) -> HttpResponse:
        """Do it once, or say at the input what is wrong."""
        rma = self.load(public_id)
        form = TalkForm(request.POST, request.FILES, too_large=is_too_large(request))
        if not form.is_valid():
            return self.render(status=422, **self.context(rma, form))

        def work() -> str:
            done(request, self.do(rma, form.cleaned_data))
            return page_of_rma(self.actor, rma)

        try:
            return redirect(once(self.actor, form.cleaned_data["key"], work))
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.message)
            return self.render(status=409, **self.context(rma, form))

    def do(self, rma: Rma, values: dict[str, Any]) -> str:
        """Write, ask, dispute or lift; what to tell."""
        facts = {"merchant": self.actor.merchant.name, "number": rma.number}
        if values["do"] == "dispute":
            set_dispute(self.actor, rma, values["text"])
            return _("%(number)s is disputed. No automatic step follows.") % facts
        if values["do"] == "lift":
            lift_dispute(self.actor, rma, values["text"])
            return _("The dispute about %(number)s is lifted.") % facts
        asks = values["do"] == "ask"
        write_message(self.actor, rma, values["text"], asks=asks, file=values["file"])
        if asks:
            return _("%(merchant)s is asked. No automatic step follows meanwhile.") % facts
        return _("%(merchant)s can read it.") % facts

    def context(self, rma: Rma, form: TalkForm) -> dict[str, Any]:
        """The thread."""
        talk = RmaMessage.objects.visible_to(self.actor).filter(rma=rma)
        return {
            "rma": rma,
            "form": form,
            "messages_of": talk.select_related("written_by", "file").order_by("id"),
            "is_over": rma.status in ENDED,
            "back": page_of_rma(self.actor, rma),
            "limit": megabytes(settings.RETURN_FILE_LIMIT),
            "asked": rma.question_to == "vendor",
            "file_route": "vendor_portal:rma_file",
            "side": "vendor",
            "merchant_name": self.actor.merchant.name,
        }
