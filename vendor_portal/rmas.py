"""RMA Actions of a vendor: approve, deny, decide per line, process, re-process; photos (F15)."""

from __future__ import annotations

import uuid
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    QueryDict,
)
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from actions.files import add_rma_file
from actions.forms_once import once
from actions.rma_bulk import MOST, approve_each, would_approve
from actions.rma_changes import process_rma, reprocess_rma
from actions.rma_drafts import drop_rma_draft, keep_rma_draft
from actions.rmas import approve_rma, decide_rma, deny_rma
from core.errors import Refused
from core.notices import done
from core.uploads import is_too_large, megabytes
from core.views import PageView
from rmas.models import Rma, RmaDraft, RmaFile
from vendor_portal.decisions import DecideForm, DenyForm, ReprocessForm, VendorForm
from vendor_portal.verbs import VendorVerb, rmas_for

TOLD = 10


class ApproveRma(VendorVerb):
    """Approve everything that is asked for."""

    name = "approve"
    verb = approve_rma
    done = _("%(rma)s is approved.")
    lead = _("You take back everything that is asked for, at the cost per unit shown.")


class DenyRma(VendorVerb):
    """Deny everything for one coded reason."""

    name = "deny"
    verb = deny_rma
    done = _("%(rma)s is denied.")
    lead = _("You take nothing back. The merchant reads your reason and your note.")
    form_class = DenyForm


class ProcessRma(VendorVerb):
    """Say that the RMA has been taken over."""

    name = "process"
    verb = process_rma
    done = _("%(rma)s is processed.")
    lead = _("You confirm that you have this RMA in your own system. It decides nothing.")


class ReprocessRma(VendorVerb):
    """Append a new number; the old ones stay."""

    name = "reprocess"
    verb = reprocess_rma
    done = _("%(rma)s has a new number. The old one stays and is found.")
    lead = _("The RMA gets a further number. The old one stays and is found when searched for.")
    form_class = ReprocessForm


class DecideRma(VendorVerb):
    """Approve, deny or both, line by line; with photos and a draft before it counts."""

    template_name = "vendor_portal/decide.html"
    file_limit = "RETURN_FILE_LIMIT"
    name = "decide"
    verb = decide_rma
    done = _("Your decision on %(rma)s is submitted.")
    form_class = DecideForm

    def form_facts(self, rma: Rma) -> dict[str, Any]:
        """Its lines."""
        return {"lines": list(rma.lines.all())}

    @cached_property
    def draft(self) -> RmaDraft | None:
        """What the person typed the last time."""
        drafts = RmaDraft.objects.visible_to(self.actor)
        return drafts.filter(rma__public_id=self.kwargs["public_id"]).first()

    def page(self, *, public_id: UUID, **address: Any) -> dict[str, Any]:
        """Every line filled in: from the draft, or with all that is asked for."""
        rma = self.load(public_id)
        choices = self.draft.choices if self.draft else None
        initial = {"key": uuid.uuid4(), "version": rma.version}
        return self.context(rma, DecideForm(initial=initial, draft=choices, **self.form_facts(rma)))

    def context(self, rma: Rma, form: VendorForm, refusal: str = "") -> dict[str, Any]:
        """With the draft and the limit of the photos."""
        return {
            **super().context(rma, form, refusal),
            "draft": self.draft if not form.is_bound else None,
            "limit": megabytes(settings.RETURN_FILE_LIMIT),
        }

    def sent_form(self, rma: Rma) -> DecideForm:
        """With the files."""
        request = self.request
        too_large = is_too_large(request)
        facts = self.form_facts(rma)
        return DecideForm(request.POST, request.FILES, too_large=too_large, **facts)

    def post(self, request: HttpRequest, *, public_id: UUID, **address: Any) -> HttpResponse:
        """Submit; or keep the draft, forget it, or fill in the rest."""
        match request.POST.get("do"):
            case "draft":
                return self.keep(public_id)
            case "forget":
                rma = self.load(public_id)
                drop_rma_draft(self.actor, rma)
                done(request, _now("Your draft about %(rma)s is gone.") % {"rma": rma.number})
                return redirect(request.path)
            case "rest":
                return self.fill(public_id)
        return super().post(request, public_id=public_id, **address)

    def do(self, rma: Rma, form: Any) -> None:
        """Photos first: with one that cannot be kept nothing is decided."""
        self.attach(rma, form.cleaned_data["photos"])
        super().do(rma, form)
        drop_rma_draft(self.actor, rma)

    def attach(self, rma: Rma, photos: list[Any]) -> None:
        """Keep the photos, or raise Refused at their input."""
        for photo in photos:
            try:
                add_rma_file(self.actor, rma, photo)
            except Refused as refused:
                raise Refused(f"{photo.name}: {refused.message}", field="photos") from refused

    def keep(self, public_id: UUID) -> HttpResponse:
        """Save what is typed as the draft, whatever it is, and the photos with the RMA."""
        rma = self.load(public_id)
        form = self.sent_form(rma)
        form.is_valid()
        if "photos" in form.errors or "key" in form.errors:
            return self.render(status=422, **self.context(rma, form))

        def work() -> str:
            self.attach(rma, form.cleaned_data.get("photos", []))
            keep_rma_draft(self.actor, rma, form.typed())
            sentence = _now("Your draft about %(rma)s is saved. Only you see it.")
            done(self.request, sentence % {"rma": rma.number})
            return self.address_after(rma)

        try:
            return redirect(once(self.actor, form.cleaned_data["key"], work))
        except Refused as refused:
            return self.refused(form, refused, public_id)

    def fill(self, public_id: UUID) -> HttpResponse:
        """The page again with the rest approved; nothing is saved."""
        rma = self.load(public_id)
        facts = self.form_facts(rma)
        sent = DecideForm(self.request.POST, **facts)
        initial = {"key": uuid.uuid4(), "version": rma.version}
        form = DecideForm(initial=initial, draft=sent.with_the_rest(), **facts)
        return self.render(**{**self.context(rma, form), "draft": None})


class RmaPhoto(PageView):
    """A photo or document of an RMA, always as a download."""

    def get(self, request: HttpRequest, *, public_id: UUID, **address: Any) -> HttpResponseBase:
        """The file; 404 when it is not there, or not for this vendor."""
        found = get_object_or_404(RmaFile.objects.visible_to(self.actor), public_id=public_id)
        try:
            file = found.file.open("rb")
        except FileNotFoundError:
            raise Http404 from None
        response = FileResponse(
            file, as_attachment=True, filename=found.name, content_type=found.content_type
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


# --- several at once ----------------------------------------------------------------------------


class BulkForm(forms.Form):
    """The key; which RMAs, and as what version they were seen, come as "rma" and "version-…"."""

    key = forms.UUIDField(widget=forms.HiddenInput)


class ApproveRmas(PageView):
    """Approve the ticked RMAs: first what would happen to each, then once for all."""

    template_name = "vendor_portal/approve.html"

    def ticked(self, asked: QueryDict) -> list[Rma]:
        """Those of the ticked RMAs that are this vendor's, oldest first."""
        refs = []
        for text in asked.getlist("rma")[: MOST + 1]:
            try:
                refs.append(UUID(text))
            except ValueError:
                continue
        return list(rmas_for(self.actor).filter(public_id__in=refs).order_by("id"))

    def page(self, **address: Any) -> dict[str, Any]:
        """The look ahead."""
        return self.context(self.ticked(self.request.GET))

    def context(self, rmas: list[Rma]) -> dict[str, Any]:
        """What would come of each; more than MOST are refused as a whole."""
        too_many = len(rmas) > MOST
        return {
            "outcomes": [] if too_many else would_approve(self.actor, rmas),
            "too_many": too_many,
            "most": MOST,
            "key": uuid.uuid4(),
            "back": reverse("vendor_portal:purchase_orders", args=[self.actor.merchant.slug]),
        }

    def post(self, request: HttpRequest, **address: Any) -> HttpResponse:
        """Approve those still as they were seen, and tell what was skipped."""
        rmas = self.ticked(request.POST)
        form = BulkForm(request.POST)
        if not form.is_valid() or not rmas or len(rmas) > MOST:
            return self.render(status=422, **self.context(rmas))
        seen = {rma.pk: _whole(request.POST.get(f"version-{rma.public_id}")) for rma in rmas}

        def work() -> str:
            outcomes = approve_each(self.actor, rmas, seen)
            approved = sum(not one.skipped for one in outcomes)
            if approved:
                sentence = ngettext("%(n)s RMA is approved.", "%(n)s RMAs are approved.", approved)
                done(request, sentence % {"n": approved})
            for one in [one for one in outcomes if one.skipped][:TOLD]:
                messages.warning(request, f"{one.rma.number}: {one.skipped}")
            return reverse("vendor_portal:purchase_orders", args=[self.actor.merchant.slug])

        return redirect(once(self.actor, form.cleaned_data["key"], work))


def _whole(text: str | None) -> int:
    """A version as it was sent; 0, which no RMA has, for anything else."""
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0
