"""The thread with a vendor about one RMA, on the merchant's side (X7)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from actions.rma_talk import lift_dispute, set_dispute, write_message
from console.form_page import FormPage, KeyedForm
from core.uploads import is_too_large, megabytes
from rmas.models import Rma, RmaMessage
from rmas.states import ENDED
from rmas.talk_forms import TalkFields


class TalkForm(TalkFields, KeyedForm):
    """The thread's form with its key."""


class TalkPage(FormPage):
    """All that was written about an RMA, and the form for more."""

    template_name = "console/rmas/talk.html"
    file_limit = "RETURN_FILE_LIMIT"

    def load(self, *, public_id: UUID, **address: Any) -> Rma:
        """The RMA with its return and vendor."""
        rmas = Rma.objects.visible_to(self.actor).select_related("customer_return", "vendor")
        return get_object_or_404(rmas, public_id=public_id)

    def form(self, subject: Rma, data: Any | None = None) -> TalkForm:
        """An empty one, or what was sent."""
        if data is None:
            return TalkForm()
        return TalkForm(data, files=self.request.FILES, too_large=is_too_large(self.request))

    def carry_out(self, subject: Rma, form: Any) -> str:
        """Write, ask, dispute or lift."""
        values = form.cleaned_data
        facts = {"vendor": subject.vendor.name, "number": subject.number}
        if values["do"] == "dispute":
            set_dispute(self.actor, subject, values["text"])
            return _("%(number)s is disputed. No automatic step follows.") % facts
        if values["do"] == "lift":
            lift_dispute(self.actor, subject, values["text"])
            return _("The dispute about %(number)s is lifted.") % facts
        asks = values["do"] == "ask"
        write_message(self.actor, subject, values["text"], asks=asks, file=values["file"])
        if asks:
            return _("%(vendor)s is asked. No automatic step follows meanwhile.") % facts
        return _("%(vendor)s can read it.") % facts

    def address_after(self, subject: Rma) -> str:
        """The return's page, at the RMAs."""
        slug, found = self.actor.merchant.slug, subject.customer_return
        return f"{reverse('console:return', args=[slug, found.public_id])}#rmas"

    def context(self, subject: Rma, form: Any) -> dict[str, Any]:
        """The thread."""
        talk = RmaMessage.objects.visible_to(self.actor).filter(rma=subject)
        return {
            "rma": subject,
            "form": form,
            "messages_of": talk.select_related("written_by", "file").order_by("id"),
            "is_over": subject.status in ENDED,
            "back": self.address_after(subject),
            "limit": megabytes(settings.RETURN_FILE_LIMIT),
            "asked": subject.question_to == "merchant",
            "file_route": "console:rma_file",
            "side": "merchant",
            "merchant_name": self.actor.merchant.name,
        }
