"""Return shipments in the console (F13)."""

from __future__ import annotations

import uuid
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from actions.forms_once import once
from actions.shipments import ShipmentRequest, add_shipment, quantity_field
from core.errors import Refused
from core.views import PageView
from rmas.models import Rma, RmaLine


class ShipmentForm(forms.Form):
    """One parcel, with a quantity per line of the RMA."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    carrier = forms.CharField(label=gettext_lazy("Carrier name"), max_length=40)
    tracking_number = forms.CharField(label=gettext_lazy("Tracking number"), max_length=60)
    return_address = forms.CharField(
        label=gettext_lazy("Return-to address"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, lines: list[RmaLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        for line in lines:
            left = line.approved - line.shipped
            self.fields[quantity_field(line.pk)] = forms.IntegerField(
                label=line.return_line.order_line.title,
                required=False,
                min_value=0,
                max_value=2**31 - 1,
                initial=left,
            )

    def request(self) -> ShipmentRequest:
        """The valid form as the action wants it."""
        values = self.cleaned_data
        return ShipmentRequest(
            carrier=values["carrier"],
            tracking_number=values["tracking_number"],
            return_address=values["return_address"],
            quantities={line.pk: values[quantity_field(line.pk)] or 0 for line in self.lines},
            note=values["note"],
        )


class AddShipment(PageView):
    """Create Return Shipment for one RMA."""

    template_name = "console/shipments/add.html"

    def page(self, *, public_id: UUID, **address: Any) -> dict[str, Any]:
        """The form, proposing what is approved and not on its way."""
        rma, lines = self.load(public_id)
        initial = {"key": uuid.uuid4(), "return_address": rma.return_address}
        return self.context(rma, ShipmentForm(lines=lines, initial=initial))

    def post(self, request: HttpRequest, *, public_id: UUID, **address: Any) -> HttpResponse:
        """Create it once, or say at the field what is wrong."""
        rma, lines = self.load(public_id)
        form = ShipmentForm(request.POST, lines=lines)
        if not form.is_valid():
            return self.render(status=422, **self.context(rma, form))

        def work() -> str:
            shipment = add_shipment(self.actor, rma, form.request())
            messages.success(
                request,
                _("Return shipment %(number)s is added.") % {"number": shipment.tracking_number},
            )
            return self.back(rma)

        try:
            return redirect(once(self.actor, form.cleaned_data["key"], work))
        except Refused as refused:
            form.add_error(refused.field or None, str(refused.message))
            return self.render(status=409, **self.context(rma, form))

    def load(self, public_id: UUID) -> tuple[Rma, list[RmaLine]]:
        """The RMA with its return, and its lines with products."""
        rmas = Rma.objects.visible_to(self.actor).select_related("customer_return", "vendor")
        rma = get_object_or_404(rmas, public_id=public_id)
        lines = rma.lines.select_related("return_line__order_line__product").order_by("id")
        return rma, list(lines)

    def back(self, rma: Rma) -> str:
        """The return's page."""
        return reverse(
            "console:return", args=[self.actor.merchant.slug, rma.customer_return.public_id]
        )

    def context(self, rma: Rma, form: ShipmentForm) -> dict[str, Any]:
        """What the template shows."""
        rows = [(line, form[quantity_field(line.pk)]) for line in form.lines]
        return {"rma": rma, "form": form, "rows": rows, "back": self.back(rma)}
