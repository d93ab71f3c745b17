"""Verbs of the RMA strategy: the merchant's switches and what single vendors do instead (F10)."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actor import Actor
from accounts.models import Merchant, Override, Vendor
from actions.addresses import tidy
from actions.base import action
from actions.locks import lock_merchant
from audit.record import record
from core.errors import Refused

PROCESS_WORDS: dict[str, Promise] = {
    Override.GLOBAL: gettext_lazy("Use Global RMA Strategy"),
    Override.ALWAYS: gettext_lazy("Auto Process"),
    Override.NEVER: gettext_lazy("Do NOT Auto Process"),
}
APPROVE_WORDS: dict[str, Promise] = {
    Override.GLOBAL: gettext_lazy("Use Global RMA Strategy"),
    Override.ALWAYS: gettext_lazy("Auto Approve"),
    Override.NEVER: gettext_lazy("Do NOT Auto Approve"),
}


@dataclass(frozen=True, slots=True)
class VendorRules:
    """How one vendor takes RMAs; the overrides are values of `Override`."""

    auto_process: str
    auto_approve: str
    integrated: bool
    return_address: str


@action("settings.edit")
def change_strategy(actor: Actor, *, auto_process: bool, auto_approve: bool) -> Merchant:
    """Set the merchant's two switches. New RMAs follow them; those that are there stay.

    Raises Refused when both are set that way already.
    """
    merchant = lock_merchant(actor)
    changes = [
        _("auto process %(state)s") % {"state": _on_off(auto_process)}
        if merchant.rma_auto_process != auto_process
        else "",
        _("auto approve %(state)s") % {"state": _on_off(auto_approve)}
        if merchant.rma_auto_approve != auto_approve
        else "",
    ]
    _refuse_no_change(changes)
    merchant.rma_auto_process = auto_process
    merchant.rma_auto_approve = auto_approve
    merchant.save(update_fields=["rma_auto_process", "rma_auto_approve"])
    record(actor, "strategy.changed", merchant, changes=_listed(changes))
    return merchant


@action("settings.edit")
def change_vendor(actor: Actor, vendor: Vendor, rules: VendorRules) -> Vendor:
    """Set how `vendor` takes RMAs and where its goods go back to.

    New RMAs follow it; those that are there stay. Raises Refused with the field.
    """
    merchant = lock_merchant(actor)
    found = Vendor.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=vendor.pk)
    if rules.auto_process not in Override.values:
        raise Refused(_("Choose how RMAs are processed."), field="auto_process")
    if rules.auto_approve not in Override.values:
        raise Refused(_("Choose how RMAs are approved."), field="auto_approve")
    changes = _vendor_changes(found, rules)
    _refuse_no_change(changes)
    found.auto_process = rules.auto_process
    found.auto_approve = rules.auto_approve
    found.integrated = rules.integrated
    found.return_address = tidy(rules.return_address)
    found.save(update_fields=["auto_process", "auto_approve", "integrated", "return_address"])
    record(
        actor,
        "vendor.rules_changed",
        found,
        parent=merchant,
        vendor=found.name,
        changes=_listed(changes),
    )
    return found


def _vendor_changes(vendor: Vendor, rules: VendorRules) -> list[str]:
    return [
        str(PROCESS_WORDS[rules.auto_process]) if vendor.auto_process != rules.auto_process else "",
        str(APPROVE_WORDS[rules.auto_approve]) if vendor.auto_approve != rules.auto_approve else "",
        _("integration %(state)s") % {"state": _on_off(rules.integrated)}
        if vendor.integrated != rules.integrated
        else "",
        _("return-to address") if vendor.return_address != tidy(rules.return_address) else "",
    ]


def _refuse_no_change(changes: list[str]) -> None:
    if not any(changes):
        raise Refused(_("It is set that way already, so nothing was changed."))


def _listed(changes: list[str]) -> str:
    return ", ".join(change for change in changes if change)


def _on_off(state: bool) -> str:
    return _("on") if state else _("off")
