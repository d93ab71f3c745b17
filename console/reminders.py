"""Reminders of open credits: by hand from a vendor's statement, and by itself each month (X6)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Merchant, Vendor
from actions.credit_reminders import remind_vendor, switch_credit_reminders
from console.credits import StatementPage
from console.form_page import FormPage, KeyedForm
from console.settings import SettingsFrame


class ReminderForm(KeyedForm):
    """The switch."""

    is_on = forms.BooleanField(
        label=gettext_lazy("REMIND VENDORS OF OPEN CREDITS EVERY MONTH"),
        required=False,
        help_text=gettext_lazy(
            "On the first day of each month, every vendor that owes something and has an e-mail"
            " address gets one mail."
        ),
    )


class ReminderSwitch(SettingsFrame, FormPage):
    """Whether the house reminds by itself."""

    template_name = "console/settings/credits.html"
    tab = "settings_credits"

    def load(self, **address: Any) -> Merchant:
        """The merchant."""
        merchant: Merchant = self.actor.merchant
        return merchant

    def form(self, subject: Merchant, data: Any | None = None) -> ReminderForm:
        """How the switch stands."""
        return ReminderForm(data, initial={"is_on": subject.credit_reminders})

    def carry_out(self, subject: Merchant, form: Any) -> str:
        """Set it."""
        is_on = form.cleaned_data["is_on"]
        switch_credit_reminders(self.actor, is_on=is_on)
        if is_on:
            return _("Vendors are reminded from the next month on.")
        return _("Vendors are reminded by hand only.")

    def context(self, subject: Merchant, form: Any) -> dict[str, Any]:
        """The form and which vendors cannot be reached."""
        silent = Vendor.objects.visible_to(self.actor).filter(
            email="", own_warehouse=False, is_active=True
        )
        return {**self.frame(), "form": form, "silent": list(silent.order_by("name"))}


class RemindVendor(FormPage):
    """The button on a vendor's statement."""

    template_name = "console/credits/statement.html"

    def load(self, *, public_id: UUID, **address: Any) -> Vendor:
        """The vendor."""
        return get_object_or_404(Vendor.objects.visible_to(self.actor), public_id=public_id)

    def form(self, subject: Vendor, data: Any | None = None) -> KeyedForm:
        """Nothing but its key."""
        return KeyedForm(data)

    def carry_out(self, subject: Vendor, form: Any) -> str:
        """Remind."""
        remind_vendor(self.actor, subject)
        return _("%(vendor)s is reminded at %(email)s.") % {
            "vendor": subject.name,
            "email": subject.email,
        }

    def address_after(self, subject: Vendor) -> str:
        """Back to the statement."""
        return self.request.path.removesuffix("remind/")

    def context(self, subject: Vendor, form: Any) -> dict[str, Any]:
        """The statement, with what was refused over it."""
        statement = StatementPage()
        statement.setup(self.request)
        shown = statement.page(public_id=subject.public_id)
        refusal = " ".join(form.non_field_errors()) or _("This button is used up. Press it again.")
        return {**shown, "refusal": refusal}
