"""The console's menu: only what the role may open."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor
from accounts.routes import ROUTES


@dataclass(frozen=True, slots=True)
class Entry:
    """One menu line; `routes` are the pages on which it is the current one."""

    label: Promise
    route: str
    icon: str
    routes: frozenset[str]


ENTRIES = (
    Entry(
        _("Orders"),
        "console:orders",
        "shopping-bag",
        frozenset(
            {
                "console:orders",
                "console:order",
                "console:order_serials",
                "console:order_credit",
                "console:customer",
                "console:subscription_add",
                "console:charge_add",
                "console:subscription_cancel",
                "console:return_start",
                "console:return_rmas",
                "console:return_done",
            }
        ),
    ),
    Entry(
        _("Returns"),
        "console:returns",
        "arrow-uturn-left",
        frozenset(
            {
                "console:returns",
                "console:returns_columns",
                "console:filters",
                "console:filter_save",
                "console:filter_edit",
                "console:bulk",
                "console:return",
                "console:return_close",
                "console:return_reopen",
                "console:return_cancel",
                "console:return_uncancel",
                "console:return_edit",
                "console:return_sync_refund",
                "console:note_add",
                "console:file_add",
                "console:rma_create",
                "console:rma_approve",
                "console:rma_deny",
                "console:rma_cancel",
                "console:rma_decide",
                "console:rma_edit",
                "console:rma_void",
                "console:rma_process",
                "console:rma_reprocess",
                "console:rma_reopen",
                "console:rma_talk",
                "console:rma_send_link",
                "console:offer_answer",
                "console:rma_sync_credit",
                "console:rma_record_credit",
                "console:rma_settle_credit",
                "console:shipment_add",
            }
        ),
    ),
    Entry(
        _("Credits"),
        "console:credits",
        "banknotes",
        frozenset({"console:credits", "console:credit_statement", "console:credit_remind"}),
    ),
    Entry(
        _("Exports"),
        "console:exports",
        "arrow-down-tray",
        frozenset(
            {
                "console:exports",
                "console:export_new",
                "console:export",
                "console:saved_export",
                "console:changes_upload",
                "console:changes",
            }
        ),
    ),
    Entry(
        _("Imports"),
        "console:imports",
        "arrow-up-tray",
        frozenset({"console:imports", "console:import", "console:import_upload"}),
    ),
    Entry(
        _("Messages"),
        "console:messages",
        "envelope",
        frozenset({"console:messages", "console:message"}),
    ),
    Entry(
        _("Settings"),
        "console:settings_strategy",
        "cog-6-tooth",
        frozenset(
            {
                "console:settings_strategy",
                "console:settings_vendors",
                "console:settings_vendor",
                "console:settings_vendor_add",
                "console:settings_vendor_details",
                "console:settings_vendor_archive",
                "console:settings_vendor_users",
                "console:settings_vendors_file",
                "console:settings_people",
                "console:settings_person",
                "console:settings_invitation_resend",
                "console:settings_invitation_withdraw",
                "console:settings_credits",
                "console:settings_silence",
                "console:settings_calendar",
                "console:settings_holidays",
                "console:settings_reasons",
                "console:settings_reason",
                "console:settings_reason_move",
                "console:settings_profiles",
                "console:settings_profile_add",
                "console:settings_profile",
                "console:settings_profile_archive",
                "console:settings_offers",
                "console:settings_offer",
                "console:settings_cycle_add",
                "console:settings_connections",
                "console:settings_connection",
                "console:settings_addresses",
                "console:settings_address",
            }
        ),
    ),
)


def navigation(actor: Actor) -> list[Entry]:
    """The entries whose route `actor` may open."""
    return [entry for entry in ENTRIES if actor.may(ROUTES[entry.route].permission)]
