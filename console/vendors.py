"""Vendors in the settings: add one by hand, change who it is, archive it and bring it back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import ReturnAddress, Vendor
from actions.vendors import (
    VendorDetails,
    add_vendor,
    archive_vendor,
    change_vendor_details,
    restore_vendor,
)
from console.form_page import FormPage, KeyedForm
from console.settings import SettingsFrame


class DetailsForm(KeyedForm):
    """Name, code, address and texts of a vendor."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    code = forms.SlugField(
        label=gettext_lazy("Code"),
        max_length=40,
        help_text=gettext_lazy("Names the vendor in files: letters, digits, - and _."),
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        required=False,
        help_text=gettext_lazy("Of the company: reminders of open credits go there."),
    )
    return_instructions = forms.CharField(
        label=gettext_lazy("Return instructions"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("How goods are to be sent back. Shown on RMAs and purchase orders."),
    )
    notify_new_users = forms.BooleanField(
        label=gettext_lazy("New users start with the RMA mail switched on"),
        required=False,
        help_text=gettext_lazy("Each user can change it. Users who are there already keep theirs."),
    )

    @classmethod
    def of(cls, vendor: Vendor | None, data: Any | None) -> DetailsForm:
        """The form of a vendor as it is, or of a new one."""
        names = ("name", "code", "email", "return_instructions", "notify_new_users")
        return cls(data, initial={name: getattr(vendor, name) for name in names} if vendor else {})

    def details(self) -> VendorDetails:
        """The valid form as the action wants it."""
        values = {name: value for name, value in self.cleaned_data.items() if name != "key"}
        return VendorDetails(**values)


class ArchiveForm(KeyedForm):
    """Which way the button goes."""

    wanted = forms.ChoiceField(choices=[("archive", ""), ("restore", "")])


class AddVendor(SettingsFrame, FormPage):
    """A new vendor by hand."""

    template_name = "console/settings/vendor_details.html"
    tab = "settings_vendors"

    def form(self, subject: None, data: Any | None = None) -> DetailsForm:
        """An empty form."""
        return DetailsForm.of(None, data)

    def carry_out(self, subject: None, form: Any) -> str:
        """Add it."""
        self.made = add_vendor(self.actor, form.details())
        return _("%(vendor)s is added. Invite its users next.") % {"vendor": self.made.name}

    def address_after(self, subject: None) -> str:
        """The new vendor's users."""
        return self.place("settings_vendor_users", self.made.public_id)

    def context(self, subject: None, form: Any) -> dict[str, Any]:
        """The form."""
        return {**self.frame(), "vendor": None, "form": form, "refusal": ""}


class DetailsPage(SettingsFrame, FormPage):
    """Who a vendor is; here it is archived and brought back as well."""

    template_name = "console/settings/vendor_details.html"
    tab = "settings_vendors"

    def load(self, *, public_id: UUID, **address: Any) -> Vendor:
        """The vendor."""
        return get_object_or_404(Vendor.objects.visible_to(self.actor), public_id=public_id)

    def form(self, subject: Vendor, data: Any | None = None) -> Any:
        """How it is."""
        return DetailsForm.of(subject, data)

    def carry_out(self, subject: Vendor, form: Any) -> str:
        """Save it."""
        changed = change_vendor_details(self.actor, subject, form.details())
        return _("%(vendor)s is saved.") % {"vendor": changed.name}

    def context(self, subject: Vendor, form: Any) -> dict[str, Any]:
        """The form, the addresses of the book, and the button that archives."""
        book = ReturnAddress.objects.visible_to(self.actor).filter(vendor=subject, is_active=True)
        return {
            **self.frame(),
            "vendor": subject,
            "form": form,
            "book": list(book.order_by("label")),
            "archive": ArchiveForm(),
            "refusal": "",
        }


class ArchiveVendor(DetailsPage):
    """Archive a vendor, or bring it back: the button says which."""

    def form(self, subject: Vendor, data: Any | None = None) -> Any:
        """Which of the two."""
        return ArchiveForm(data)

    def carry_out(self, subject: Vendor, form: Any) -> str:
        """Do it."""
        if form.cleaned_data["wanted"] == "restore":
            restore_vendor(self.actor, subject)
            return _("%(vendor)s is offered again.") % {"vendor": subject.name}
        archive_vendor(self.actor, subject)
        return _("%(vendor)s is archived. Its open RMAs stay.") % {"vendor": subject.name}

    def address_after(self, subject: Vendor) -> str:
        """The vendor's details."""
        return self.place("settings_vendor_details", subject.public_id)

    def context(self, subject: Vendor, form: Any) -> dict[str, Any]:
        """The details, with what was refused over them."""
        shown = super().context(subject, DetailsForm.of(subject, None))
        refusal = " ".join(form.non_field_errors()) or _("This button is used up. Press it again.")
        return {**shown, "refusal": refusal}
