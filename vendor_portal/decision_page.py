"""Deciding one RMA from a mailed link, without signing in (X7).

Looking changes nothing, because mail scanners open links. Whatever makes a link useless is told on
a plain page with what to do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.adapter import get_adapter
from django import forms
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from accounts.actor import Actor
from accounts.models import Membership, Merchant
from accounts.permissions import Role
from actions.counter_offers import make_offer, use_link
from actions.refusals import why_not_rma
from actions.rmas import approve_rma, decide_rma, deny_rma
from core.errors import Refused
from core.tenancy import tenant
from rmas.decision_links import is_of, read_token
from rmas.models import DecisionLink, DenyReason, OfferKind, Rma
from vendor_portal.decisions import DecideForm
from vendor_portal.verbs import rmas_for

MOST_A_MINUTE = 300
MOST_OF_A_LINK = 60


class AnswerForm(forms.Form):
    """Approve or deny everything, or offer something else; `do` says which."""

    do = forms.ChoiceField(choices=[(one, "") for one in ("approve", "deny", "decide", "offer")])
    reason = forms.ChoiceField(
        label=gettext_lazy("Why denied"),
        choices=[("", gettext_lazy("Choose")), *DenyReason.choices],
        required=False,
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("What you offer"),
        choices=[("", gettext_lazy("Choose")), *OfferKind.choices],
        required=False,
    )
    percent = forms.IntegerField(
        label=gettext_lazy("You credit"), min_value=1, max_value=100, required=False
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class DecisionPage(View):
    """The page behind the link."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Find the link, bind its vendor, and say what stands in the way."""
        token = kwargs["key"]
        read = read_token(token)
        who = get_adapter().get_client_ip(request)
        most = MOST_OF_A_LINK if read else MOST_A_MINUTE
        if is_too_often(f"decision:{who}:{read[1].hex if read else ''}", most):
            return render(request, "429.html", status=429)
        if read is None:
            return self.plain(_no_link())
        with tenant(read[0]):
            links = DecisionLink.objects.select_related("user", "rma", "merchant", "vendor")
            link = links.filter(merchant_id=read[0], key=read[1]).first()
            if link is None or not is_of(link, token):
                return self.plain(_no_link())
            actor = actor_of(link)
        with (
            tenant(link.merchant_id, user=link.user_id, vendor=link.vendor_id),
            timezone.override(link.merchant.zone),
        ):
            if actor is None:
                return self.plain(_no_access(link.merchant))
            rma = rmas_for(actor).get(pk=link.rma_id)
            if told := in_the_way(actor, link, rma):
                return self.plain(told)
            work = self.post_form if request.method == "POST" else self.show
            return work(request, actor, link, rma)

    def plain(self, told: tuple[str, str]) -> HttpResponse:
        """A page that says what is the matter and what to do."""
        title, text = told
        context = {"title": title, "text": text}
        return render(self.request, "vendor_portal/decision_over.html", context)

    def show(
        self,
        request: HttpRequest,
        actor: Actor,
        link: DecisionLink,
        rma: Rma,
        form: AnswerForm | None = None,
        lines: DecideForm | None = None,
        status: int = 200,
    ) -> HttpResponse:
        """What is asked, and the ways to answer."""
        context = {
            "rma": rma,
            "link": link,
            "merchant": link.merchant,
            "form": form or AnswerForm(),
            "lines": lines or DecideForm(lines=list(rma.lines.all())),
        }
        return render(request, "vendor_portal/decision.html", context, status=status)

    def post_form(
        self, request: HttpRequest, actor: Actor, link: DecisionLink, rma: Rma
    ) -> HttpResponse:
        """Use the link and decide, both or neither; afterwards the page says so."""
        form = AnswerForm(request.POST)
        data = request.POST.copy()
        data["key"], data["version"] = str(link.key), str(rma.version)
        lines = DecideForm(data, lines=list(rma.lines.all()))
        per_line = request.POST.get("do") == "decide"
        if not form.is_valid() or (per_line and not lines.is_valid()):
            return self.show(request, actor, link, rma, form, lines, status=422)
        try:
            with transaction.atomic():
                use_link(actor, link)
                answer(actor, rma, form.cleaned_data, lines)()
        except Refused as refused:
            name = refused.field if refused.field in form.fields else None
            form.add_error(name, str(refused.message))
            return self.show(request, actor, link, rma, form, lines, status=409)
        return redirect(request.path)


def answer(
    actor: Actor, rma: Rma, values: dict[str, Any], lines: DecideForm
) -> Callable[[], object]:
    """The verb the form asks for."""
    note = values["note"]
    match values["do"]:
        case "approve":
            return lambda: approve_rma(actor, rma, note=note)
        case "deny":
            return lambda: deny_rma(actor, rma, reason=values["reason"], note=note)
        case "decide":
            decisions = lines.arguments()["decisions"]
            return lambda: decide_rma(actor, rma, decisions, note=note)
    percent = values["percent"] or 0
    return lambda: make_offer(actor, rma, values["kind"], percent, note=note)


def actor_of(link: DecisionLink) -> Actor | None:
    """Whom the link was sent to, while they still work for the vendor."""
    found = Membership.objects.filter(
        merchant_id=link.merchant_id,
        user_id=link.user_id,
        user__is_active=True,
        vendor_id=link.vendor_id,
        role=Role.VENDOR,
        is_active=True,
    )
    return found.select_related("user", "merchant").get().actor() if found.exists() else None


def in_the_way(actor: Actor, link: DecisionLink, rma: Rma) -> tuple[str, str] | None:
    """Title and text of what keeps the link from being used, or None."""
    portal = _("Sign in to the vendor portal to see it, or ask %(merchant)s.") % {
        "merchant": link.merchant.name
    }
    if link.used_at:
        return _("Your answer is recorded."), _("This link works once and has been used.") + (
            " " + portal
        )
    if refusal := why_not_rma(actor, "decide", rma, rma.customer_return):
        return _("Nothing is left to decide."), f"{refusal} {portal}"
    if link.expires_at <= timezone.now():
        return _("This link has ended."), _("Ask %(merchant)s for a new one, or sign in.") % {
            "merchant": link.merchant.name
        }
    return None


def is_too_often(key: str, most: int) -> bool:
    """Whether `key` came more than `most` times in this minute."""
    cache.add(key, 0, 60)
    try:
        return cache.incr(key) > most
    except ValueError:
        return False


def _no_link() -> tuple[str, str]:
    return _("This link is not valid."), _(
        "Open it again from the mail, in full, or ask the merchant for a new one."
    )


def _no_access(merchant: Merchant) -> tuple[str, str]:
    return _("This link has ended."), _(
        "Whom it was sent to no longer has access. Ask %(merchant)s for a new one."
    ) % {"merchant": merchant.name}
