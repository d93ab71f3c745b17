"""Settings in the console: RMA strategy, vendors, return reasons, address book (F8, F9, F10)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Merchant, Override, ReturnAddress, Vendor
from actions.addresses import add_address, change_address
from actions.reasons import add_reason, change_reason, move_reason
from actions.silence import silence_in_words
from actions.strategy import APPROVE_WORDS, PROCESS_WORDS, change_strategy, change_vendor
from audit.models import Event
from audit.timeline import Entry, entries
from console.facets import Tab
from console.form_page import FormPage, KeyedForm
from console.settings_forms import AddressForm, MoveForm, ReasonForm, StrategyForm, VendorForm
from core.views import PageView
from returns.models import ReturnReason
from returns.reasons import ReasonTree
from rmas.strategy import Strategy, strategy_of

PAGES: dict[str, Promise] = {
    "settings_strategy": gettext_lazy("RMA Strategy"),
    "settings_vendors": gettext_lazy("Vendors"),
    "settings_people": gettext_lazy("People"),
    "settings_reasons": gettext_lazy("Return reasons"),
    "settings_profiles": gettext_lazy("Return Profiles"),
    "settings_offers": gettext_lazy("Offers"),
    "settings_connections": gettext_lazy("Connections"),
    "settings_calendar": gettext_lazy("Working days"),
    "settings_addresses": gettext_lazy("Address book"),
    "settings_credits": gettext_lazy("Credits"),
}


class SettingsFrame:
    """What every page of the settings shows: the tabs, and what was changed lately."""

    actor: Any
    tab = ""

    def place(self, name: str, *args: Any) -> str:
        """The address of a page of the settings."""
        return reverse(f"console:{name}", args=[self.actor.merchant.slug, *args])

    def frame(self) -> dict[str, Any]:
        """Tabs and the latest changes of the settings."""
        found = Event.objects.visible_to(self.actor).about("merchant", self.actor.merchant_id)
        return {
            "tabs": [
                Tab(str(label), self.place(name), None, name == self.tab)
                for name, label in PAGES.items()
            ],
            "changes": entries(found[:8]),
        }


class StrategyPage(SettingsFrame, FormPage):
    """The two switches, what follows from them, and who goes another way."""

    template_name = "console/settings/strategy.html"
    tab = "settings_strategy"

    def load(self, **address: Any) -> Merchant:
        """The merchant."""
        merchant: Merchant = self.actor.merchant
        return merchant

    def form(self, subject: Merchant, data: Any | None = None) -> StrategyForm:
        """How the switches stand."""
        initial = {
            "auto_process": subject.rma_auto_process,
            "auto_approve": subject.rma_auto_approve,
        }
        return StrategyForm(data, initial=initial)

    def carry_out(self, subject: Merchant, form: Any) -> str:
        """Set the switches."""
        values = form.cleaned_data
        change_strategy(
            self.actor, auto_process=values["auto_process"], auto_approve=values["auto_approve"]
        )
        return _("The RMA strategy is saved. New RMAs follow it.")

    def context(self, subject: Merchant, form: Any) -> dict[str, Any]:
        """All four flows, and the vendors that override the switches."""
        chosen = Strategy(subject.rma_auto_approve, subject.rma_auto_process)
        flows = [
            Strategy(approve, process) for approve in (True, False) for process in (True, False)
        ]
        own = Vendor.objects.visible_to(self.actor).exclude(
            auto_process=Override.GLOBAL, auto_approve=Override.GLOBAL, integrated=False
        )
        return {
            **self.frame(),
            "form": form,
            "chosen": chosen,
            "flows": flows,
            "vendors": [(vendor, strategy_of(subject, vendor)) for vendor in own.order_by("name")],
        }


class VendorList(SettingsFrame, PageView):
    """The vendors with the flow their RMAs take."""

    template_name = "console/settings/vendors.html"
    tab = "settings_vendors"

    def page(self, **address: Any) -> dict[str, Any]:
        """Each vendor with its overrides and what follows."""
        vendors = Vendor.objects.visible_to(self.actor).order_by(
            "-is_active", "own_warehouse", "name"
        )
        rows = [
            (
                vendor,
                PROCESS_WORDS[vendor.auto_process],
                APPROVE_WORDS[vendor.auto_approve],
                strategy_of(self.actor.merchant, vendor),
            )
            for vendor in vendors
        ]
        return {**self.frame(), "rows": rows}


class VendorPage(SettingsFrame, FormPage):
    """How one vendor takes RMAs (F10)."""

    template_name = "console/settings/vendor.html"
    tab = "settings_vendors"

    def load(self, *, public_id: UUID, **address: Any) -> Vendor:
        """The vendor."""
        return get_object_or_404(Vendor.objects.visible_to(self.actor), public_id=public_id)

    def form(self, subject: Vendor, data: Any | None = None) -> VendorForm:
        """How it is set."""
        return VendorForm.of(subject, data)

    def carry_out(self, subject: Vendor, form: Any) -> str:
        """Save it."""
        change_vendor(self.actor, subject, form.rules())
        return _("%(vendor)s is saved. New RMAs follow it.") % {"vendor": subject.name}

    def context(self, subject: Vendor, form: Any) -> dict[str, Any]:
        """The flow that follows, and the vendor's own history."""
        merchant = self.actor.merchant
        found = Event.objects.visible_to(self.actor).about("vendor", subject.pk)
        history: list[Entry] = entries(found[:8])
        return {
            **self.frame(),
            "vendor": subject,
            "form": form,
            "chosen": strategy_of(merchant, subject),
            "globally": Strategy(merchant.rma_auto_approve, merchant.rma_auto_process),
            "silence": silence_in_words(subject),
            "changes": history,
        }


class ReasonsPage(SettingsFrame, FormPage):
    """The tree of reasons, and the form for a new one."""

    template_name = "console/settings/reasons.html"
    tab = "settings_reasons"

    def load(self, **address: Any) -> ReasonTree:
        """The tree."""
        return ReasonTree.of(self.actor)

    def form(self, subject: ReasonTree, data: Any | None = None) -> ReasonForm:
        """A new reason."""
        return ReasonForm(data, tree=subject)

    def carry_out(self, subject: ReasonTree, form: Any) -> str:
        """Add it."""
        values = form.cleaned_data
        made = add_reason(self.actor, values["label"], parent_id=values["parent"])
        return _("“%(label)s” can be chosen from now on.") % {"label": made.label}

    def context(self, subject: Any, form: Any) -> dict[str, Any]:
        """The tree with a key for each move."""
        return reasons_context(self, subject, form)


def reasons_context(page: SettingsFrame, tree: ReasonTree, form: KeyedForm) -> dict[str, Any]:
    """What the page of reasons shows; `form` is the one for a new reason."""
    rows = []
    for branch in tree.branches:
        for level, reason in enumerate([branch.reason, *branch.leaves]):
            row = tree.under(reason.parent_id)
            rows.append(
                {
                    "reason": reason,
                    "is_leaf": level > 0,
                    "is_heading": tree.is_heading(reason),
                    "is_offered": tree.is_offered(reason),
                    "is_first": reason == row[0],
                    "is_last": reason == row[-1],
                    "key": MoveForm()["key"].value(),
                }
            )
    return {**page.frame(), "rows": rows, "form": form, "refusal": ""}


class ReasonPage(SettingsFrame, FormPage):
    """Rename a reason, put it elsewhere, retire it or offer it again."""

    template_name = "console/settings/reason.html"
    tab = "settings_reasons"

    def load(self, *, public_id: UUID, **address: Any) -> ReturnReason:
        """The reason."""
        return get_object_or_404(ReturnReason.objects.visible_to(self.actor), public_id=public_id)

    def form(self, subject: ReturnReason, data: Any | None = None) -> ReasonForm:
        """How it is."""
        return ReasonForm(data, tree=ReasonTree.of(self.actor), reason=subject)

    def carry_out(self, subject: ReturnReason, form: Any) -> str:
        """Save it."""
        changed = change_reason(self.actor, subject, form.edit())
        return _("“%(label)s” is saved.") % {"label": changed.label}

    def address_after(self, subject: ReturnReason) -> str:
        """Back to the tree."""
        return self.place("settings_reasons")

    def context(self, subject: ReturnReason, form: Any) -> dict[str, Any]:
        """The form."""
        return {**self.frame(), "reason": subject, "form": form}


class MoveReason(ReasonPage):
    """One place up or down."""

    template_name = "console/settings/reasons.html"

    def form(self, subject: ReturnReason, data: Any | None = None) -> Any:
        """Which way."""
        return MoveForm(data)

    def carry_out(self, subject: ReturnReason, form: Any) -> str:
        """Move it."""
        move_reason(self.actor, subject, up=form.cleaned_data["direction"] == "up")
        return _("“%(label)s” is moved.") % {"label": subject.label}

    def context(self, subject: ReturnReason, form: Any) -> dict[str, Any]:
        """The tree, and why the reason did not move."""
        tree = ReasonTree.of(self.actor)
        refusal = " ".join(form.non_field_errors()) or _("This button is used up. Press it again.")
        return {**reasons_context(self, tree, ReasonForm(None, tree=tree)), "refusal": refusal}


class AddressesPage(SettingsFrame, FormPage):
    """The address book, and the form for a new entry."""

    template_name = "console/settings/addresses.html"
    tab = "settings_addresses"

    def form(self, subject: None, data: Any | None = None) -> AddressForm:
        """A new entry."""
        vendors = Vendor.objects.visible_to(self.actor).order_by("own_warehouse", "name")
        return AddressForm(data, vendors=vendors)

    def carry_out(self, subject: None, form: Any) -> str:
        """Add it."""
        vendor = form.cleaned_data["vendor"]
        entry = add_address(self.actor, form.edit(), vendor_id=vendor.pk if vendor else None)
        return _("“%(label)s” is in the address book.") % {"label": entry.label}

    def context(self, subject: None, form: Any) -> dict[str, Any]:
        """All entries, those for all vendors first."""
        book = ReturnAddress.objects.visible_to(self.actor).select_related("vendor")
        entries_ = sorted(
            book, key=lambda entry: (entry.vendor.name if entry.vendor else "", entry.label)
        )
        return {**self.frame(), "entries": entries_, "form": form}


class AddressPage(SettingsFrame, FormPage):
    """Change an entry of the address book, retire it or offer it again."""

    template_name = "console/settings/address.html"
    tab = "settings_addresses"

    def load(self, *, public_id: UUID, **address: Any) -> ReturnAddress:
        """The entry with its vendor."""
        book = ReturnAddress.objects.visible_to(self.actor).select_related("vendor")
        return get_object_or_404(book, public_id=public_id)

    def form(self, subject: ReturnAddress, data: Any | None = None) -> AddressForm:
        """How it is."""
        return AddressForm(data, entry=subject)

    def carry_out(self, subject: ReturnAddress, form: Any) -> str:
        """Save it."""
        changed = change_address(self.actor, subject, form.edit())
        return _("“%(label)s” is saved.") % {"label": changed.label}

    def address_after(self, subject: ReturnAddress) -> str:
        """Back to the book."""
        return self.place("settings_addresses")

    def context(self, subject: ReturnAddress, form: Any) -> dict[str, Any]:
        """The form."""
        return {**self.frame(), "entry": subject, "form": form}
