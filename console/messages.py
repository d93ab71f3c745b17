"""The message log in the console: what was sent to whom, what came of it, send again (F17)."""

from __future__ import annotations

import re
import uuid
from html import unescape
from typing import Any
from uuid import UUID

import django_filters
from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actor import Actor
from actions.forms_once import once
from actions.messages import release_address, resend_message
from audit.messages import is_stopped
from audit.models import Event, Message, MessageKind, MessageState, StoppedAddress
from audit.models.messages import UNSENT
from audit.timeline import entries
from console.form_page import KeyedForm
from core.errors import Refused
from core.views import ListPage, PageView

MOST_STOPPED = 50
# Mail backends behind which there is no mail server.
KEPT_HERE = ("console", "locmem", "filebased", "dummy")


class MessageFilter(django_filters.FilterSet):
    """State, kind, and how the recipient's address begins."""

    state = django_filters.ChoiceFilter(
        choices=MessageState.choices, label=gettext_lazy("State"), empty_label=gettext_lazy("All")
    )
    kind = django_filters.ChoiceFilter(
        choices=MessageKind.choices, label=gettext_lazy("Kind"), empty_label=gettext_lazy("All")
    )
    q = django_filters.CharFilter(
        method="by_address", max_length=254, label=gettext_lazy("Recipient begins with")
    )

    class Meta:
        model = Message
        fields: list[str] = []

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        kwargs.setdefault("queryset", Message.objects.visible_to(actor))
        super().__init__(*args, **kwargs)

    def by_address(self, queryset: QuerySet[Message], _name: str, value: str) -> QuerySet[Message]:
        """Addresses are stored in lower case."""
        return queryset.filter(address__begins=value.strip().lower())


class MessageList(ListPage):
    """All mails, newest first, and the addresses that bounced."""

    template_name = "console/messages/list.html"
    filter_class = MessageFilter
    ordered_by = "created_at"

    def rows(self, queryset: QuerySet[Message]) -> QuerySet[Message]:
        """Without the mails' words."""
        return queryset.select_related("user", "vendor").defer("text", "html")

    def more(self, found: Any) -> dict[str, Any]:
        """Where mails do not go any more."""
        stopped = StoppedAddress.objects.visible_to(self.actor).filter(released_at__isnull=True)
        asked = self.request.GET
        return {
            "asked": {name: asked.get(name, "") for name in ("state", "kind", "q")},
            "states": MessageState.choices,
            "kinds": MessageKind.choices,
            "stopped": [
                (one, uuid.uuid4()) for one in stopped.order_by("-stopped_at")[:MOST_STOPPED]
            ],
            "is_kept_here": is_kept_here(),
        }


class MessagePage(PageView):
    """One mail as it was written, and its way."""

    template_name = "console/messages/detail.html"

    def page(self, *, public_id: UUID, **address: Any) -> dict[str, Any]:
        """The mail; its HTML part is shown as the words in it."""
        found = load(self.actor, public_id)
        events = Event.objects.visible_to(self.actor).about("message", found.pk)[:30]
        again = Message.objects.visible_to(self.actor).filter(resend_of=found).order_by("id")
        return {
            "message": found,
            "html_text": words_of(found.html),
            "can_resend": found.state not in UNSENT,
            "is_stopped": is_stopped(self.actor.merchant_id, found.address),
            "again": list(again.defer("text", "html")),
            "timeline": entries(events),
            "key": uuid.uuid4(),
            "is_kept_here": is_kept_here(),
        }


class _Button(PageView):
    """A form with nothing but its key."""

    def post(self, request: HttpRequest, *, public_id: UUID, **address: Any) -> HttpResponse:
        """Do it once; what stands in the way is said over the page one comes back to."""
        subject = self.load(public_id)
        form = KeyedForm(request.POST)
        if not form.is_valid():
            messages.error(request, _("This page was not complete. Try it once more."))
            return redirect(self.back(subject))
        try:
            return redirect(once(self.actor, form.cleaned_data["key"], lambda: self.click(subject)))
        except Refused as refused:
            messages.error(request, str(refused.message))
            return redirect(self.back(subject))

    def load(self, public_id: UUID) -> Any:
        """What the button is about, or Http404."""
        raise NotImplementedError

    def click(self, subject: Any) -> str:
        """Run the verb; where to go then."""
        raise NotImplementedError

    def back(self, subject: Any) -> str:
        """Where the button stands."""
        raise NotImplementedError


class ResendMessage(_Button):
    """Send a mail again."""

    def load(self, public_id: UUID) -> Message:
        """The mail."""
        return load(self.actor, public_id)

    def click(self, subject: Message) -> str:
        """To the page of the new mail."""
        again = resend_message(self.actor, subject)
        messages.success(
            self.request, _("The mail goes to %(address)s again.") % {"address": again.address}
        )
        return page_of(self.actor, again)

    def back(self, subject: Message) -> str:
        """The mail's page."""
        return page_of(self.actor, subject)


class ReleaseAddress(_Button):
    """Write to an address again."""

    def load(self, public_id: UUID) -> StoppedAddress:
        """The address that bounced."""
        stopped = StoppedAddress.objects.visible_to(self.actor)
        return get_object_or_404(stopped, public_id=public_id)

    def click(self, subject: StoppedAddress) -> str:
        """Back to the list."""
        release_address(self.actor, subject)
        messages.success(
            self.request, _("Mails go to %(address)s again.") % {"address": subject.address}
        )
        return self.back(subject)

    def back(self, subject: StoppedAddress) -> str:
        """The list."""
        return reverse("console:messages", args=[self.actor.merchant.slug])


def load(actor: Any, public_id: UUID) -> Message:
    """The mail, if the actor may see it; else Http404."""
    found = Message.objects.visible_to(actor).select_related("user", "vendor", "resend_of")
    return get_object_or_404(found, public_id=public_id)


def page_of(actor: Any, message: Message) -> str:
    """The address of a mail's page."""
    return reverse("console:message", args=[actor.merchant.slug, message.public_id])


def is_kept_here() -> bool:
    """Whether there is no mail server, so that mails are read in this list only."""
    return any(f".{name}." in settings.EMAIL_BACKEND for name in KEPT_HERE)


def words_of(html: str) -> str:
    """The words of an HTML part, one line per block; nothing of it is shown as markup."""
    body = re.sub(r"(?is)<(head|style|script)\b.*?</\1>|<!--.*?-->", "", html)
    body = re.sub(r"\s+", " ", body)
    body = re.sub(r"(?i)<br\b[^>]*>|</(p|tr|h\d|li|div)>", "\n", body)
    lines = (unescape(line).strip() for line in re.sub(r"<[^>]*>", "", body).split("\n"))
    return "\n".join(line for line in lines if line)
