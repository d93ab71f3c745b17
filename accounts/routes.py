"""The route table: who may reach which page. Read by the gate, the buttons and the route test.

Every route of the product has a row here; one without a row stops the boot (`config.checks`).
`noun` names what the address's id stands for, so that the test over every route can put a foreign
and a missing one in its place. Within the audience, absent and foreign objects both answer 404 and
a missing permission answers 403 (DESIGN rule 5).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from accounts.permissions import Role


class Audience(StrEnum):
    """Whom a route is for."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    STAFF = "staff"
    VENDOR = "vendor"
    CUSTOMER = "customer"
    # Platform staff behind a second step: everything of the platform, or of one chosen merchant.
    PLATFORM = "platform"
    PLATFORM_MERCHANT = "platform_merchant"


READ = ("GET", "HEAD")
FORM = ("GET", "HEAD", "POST")
SUBMIT = ("POST",)


@dataclass(frozen=True, slots=True)
class Route:
    """One row: audience, the permission it takes there, the methods it answers, its object."""

    audience: Audience
    permission: str = ""
    methods: tuple[str, ...] = READ
    noun: str = ""


def _staff(permission: str, methods: tuple[str, ...] = READ, noun: str = "") -> Route:
    return Route(Audience.STAFF, permission, methods, noun)


def _platform(
    table: str,
    *pages: str,
    audience: Audience = Audience.PLATFORM_MERCHANT,
    edited: bool = False,
) -> dict[str, Route]:
    """The rows of one table of the platform pages: its list, one row of it, further `pages`."""
    noun = f"platform:{table}"
    kinds = {
        "changelist": Route(audience),
        "change": Route(audience, methods=FORM if edited else READ, noun=noun),
        "history": Route(audience, noun=noun),
        "export": Route(audience, methods=FORM),
        "import": Route(audience, methods=FORM),
        "process_import": Route(audience, methods=SUBMIT),
    }
    return {f"{noun}_{page}": kinds[page] for page in ("changelist", "change", *pages)}


ROUTES: dict[str, Route] = {
    "home": Route(Audience.SIGNED_IN),
    "decision": Route(Audience.PUBLIC, methods=FORM),
    "healthz": Route(Audience.PUBLIC),
    "styleguide": Route(Audience.PUBLIC),
    "invitation": Route(Audience.PUBLIC, methods=FORM),
    "welcome": Route(Audience.SIGNED_IN),
    "account_login": Route(Audience.PUBLIC, methods=FORM),
    "account_logout": Route(Audience.PUBLIC, methods=FORM),
    "account_signup": Route(Audience.PUBLIC, methods=FORM),
    "account_reset_password": Route(Audience.PUBLIC, methods=FORM),
    "account_reset_password_done": Route(Audience.PUBLIC),
    "account_reset_password_from_key": Route(Audience.PUBLIC, methods=FORM),
    "account_reset_password_from_key_done": Route(Audience.PUBLIC),
    "account_inactive": Route(Audience.PUBLIC),
    "account_change_password": Route(Audience.SIGNED_IN, methods=FORM),
    "account_reauthenticate": Route(Audience.SIGNED_IN, methods=FORM),
    "mfa_authenticate": Route(Audience.PUBLIC, methods=FORM),
    "mfa_index": Route(Audience.SIGNED_IN),
    "mfa_reauthenticate": Route(Audience.SIGNED_IN, methods=FORM),
    "mfa_activate_totp": Route(Audience.SIGNED_IN, methods=FORM),
    "mfa_deactivate_totp": Route(Audience.SIGNED_IN, methods=FORM),
    "mfa_view_recovery_codes": Route(Audience.SIGNED_IN),
    "mfa_generate_recovery_codes": Route(Audience.SIGNED_IN, methods=FORM),
    "mfa_download_recovery_codes": Route(Audience.SIGNED_IN),
    "console:home": _staff("return.view"),
    "console:orders": _staff("order.view"),
    "console:order": _staff("order.view", noun="order"),
    "console:return_start": _staff("return.create", FORM, noun="order"),
    "console:return_rmas": _staff("return.create", FORM, noun="draft"),
    "console:return_done": _staff("return.create", noun="draft"),
    "console:returns": _staff("return.view"),
    "console:returns_columns": _staff("filter.save", FORM),
    "console:filters": _staff("filter.save"),
    "console:filter_save": _staff("filter.save", FORM),
    "console:filter_edit": _staff("filter.save", FORM, noun="filter"),
    "console:filter_delete": _staff("filter.save", SUBMIT, noun="filter"),
    "console:returns_bulk": _staff("return.bulk", SUBMIT),
    "console:bulk": _staff("bulk.view", noun="bulk"),
    "console:bulk_start": _staff("return.bulk", SUBMIT, noun="bulk"),
    "console:bulk_result": _staff("bulk.view", noun="bulk"),
    "console:returns_export": _staff("return.export", FORM),
    "console:exports": _staff("return.export"),
    "console:export_new": _staff("return.export", FORM),
    "console:export": _staff("return.export", noun="export"),
    "console:export_file": _staff("return.export", noun="export"),
    "console:export_delete": _staff("return.export", SUBMIT, noun="export"),
    "console:saved_export": _staff("return.export", FORM, noun="own export"),
    "console:saved_export_run": _staff("return.export", SUBMIT, noun="saved export"),
    "console:saved_export_delete": _staff("return.export", SUBMIT, noun="own export"),
    "console:changes_upload": _staff("return.bulk", FORM),
    "console:changes": _staff("return.export", noun="changes"),
    "console:changes_start": _staff("return.bulk", SUBMIT, noun="changes"),
    "console:return": _staff("return.view", noun="return"),
    "console:return_close": _staff("return.close", FORM, noun="return"),
    "console:return_reopen": _staff("return.reopen", FORM, noun="return"),
    "console:return_cancel": _staff("return.cancel", FORM, noun="return"),
    "console:return_uncancel": _staff("return.uncancel", FORM, noun="return"),
    "console:return_edit": _staff("return.edit", FORM, noun="return"),
    "console:return_sync_refund": _staff("refund.apply", FORM, noun="return"),
    "console:note_add": _staff("note.add", FORM, noun="return"),
    "console:file_add": _staff("file.add", FORM, noun="return"),
    "console:file": _staff("return.view", noun="file"),
    "console:rma_file": _staff("return.view", noun="rma file"),
    "console:rma_create": _staff("rma.create", FORM, noun="return"),
    "console:rma_approve": _staff("rma.approve", FORM, noun="rma"),
    "console:rma_deny": _staff("rma.deny", FORM, noun="rma"),
    "console:rma_cancel": _staff("rma.cancel", FORM, noun="rma"),
    "console:rma_decide": _staff("rma.approve", FORM, noun="rma"),
    "console:rma_edit": _staff("rma.edit", FORM, noun="rma"),
    "console:rma_void": _staff("rma.void", FORM, noun="rma"),
    "console:rma_process": _staff("rma.process", FORM, noun="rma"),
    "console:rma_reprocess": _staff("rma.process", FORM, noun="rma"),
    "console:rma_reopen": _staff("rma.reopen", FORM, noun="rma"),
    "console:rma_talk": _staff("rma.talk", FORM, noun="rma"),
    "console:rma_send_link": _staff("rma.talk", FORM, noun="rma"),
    "console:offer_answer": _staff("rma.edit", FORM, noun="counter-offer"),
    "console:rma_sync_credit": _staff("credit.apply", FORM, noun="rma"),
    "console:rma_record_credit": _staff("credit.apply", FORM, noun="rma"),
    "console:rma_settle_credit": _staff("credit.apply", FORM, noun="rma"),
    "console:credits": _staff("return.view"),
    "console:credit_statement": _staff("return.view", noun="vendor"),
    "console:credit_statement_pdf": _staff("return.view", noun="vendor"),
    "console:credit_statement_csv": _staff("return.view", noun="vendor"),
    "console:credit_remind": _staff("credit.apply", SUBMIT, noun="vendor"),
    "console:credit_file": _staff("return.view", noun="credit entry"),
    "console:shipment_add": _staff("shipment.add", FORM, noun="rma"),
    "console:order_serials": _staff("serial.record", SUBMIT, noun="order"),
    "console:order_credit": _staff("credit.give", FORM, noun="order"),
    "console:customer": _staff("order.view", noun="customer"),
    "console:subscription_add": _staff("subscription.edit", FORM, noun="customer"),
    "console:charge_add": _staff("subscription.edit", FORM, noun="subscription"),
    "console:subscription_cancel": _staff("subscription.edit", FORM, noun="subscription"),
    "console:settings_strategy": _staff("settings.edit", FORM),
    "console:settings_vendors": _staff("settings.edit"),
    "console:settings_vendor": _staff("settings.edit", FORM, noun="vendor"),
    "console:settings_vendor_add": _staff("settings.edit", FORM),
    "console:settings_vendor_details": _staff("settings.edit", FORM, noun="vendor"),
    "console:settings_vendor_archive": _staff("settings.edit", SUBMIT, noun="vendor"),
    "console:settings_vendor_users": _staff("settings.edit", FORM, noun="vendor"),
    "console:settings_vendors_file": _staff("settings.edit", FORM),
    "console:settings_people": _staff("settings.edit", FORM),
    "console:settings_person": _staff("settings.edit", FORM, noun="member"),
    "console:settings_invitation_resend": _staff("settings.edit", SUBMIT, noun="invitation"),
    "console:settings_invitation_withdraw": _staff("settings.edit", SUBMIT, noun="invitation"),
    "console:settings_credits": _staff("settings.edit", FORM),
    "console:settings_silence": _staff("settings.edit", FORM, noun="vendor"),
    "console:settings_calendar": _staff("settings.edit", FORM),
    "console:settings_holidays": _staff("settings.edit", FORM),
    "console:settings_holiday_remove": _staff("settings.edit", SUBMIT, noun="holiday"),
    "console:settings_reasons": _staff("settings.edit", FORM),
    "console:settings_reason": _staff("settings.edit", FORM, noun="reason"),
    "console:settings_reason_move": _staff("settings.edit", SUBMIT, noun="reason"),
    "console:settings_profiles": _staff("settings.edit"),
    "console:settings_profile_add": _staff("settings.edit", FORM),
    "console:settings_profile": _staff("settings.edit", FORM, noun="profile"),
    "console:settings_profile_archive": _staff("settings.edit", SUBMIT, noun="profile"),
    "console:settings_offers": _staff("settings.edit", FORM),
    "console:settings_offer": _staff("settings.edit", FORM, noun="offer"),
    "console:settings_cycle_add": _staff("settings.edit", SUBMIT, noun="offer"),
    "console:settings_connections": _staff("settings.edit"),
    "console:settings_connection": _staff("settings.edit", FORM, noun="vendor"),
    "console:settings_addresses": _staff("settings.edit", FORM),
    "console:settings_address": _staff("settings.edit", FORM, noun="address"),
    "console:imports": _staff("import.view"),
    "console:import_upload": _staff("order.import", FORM),
    "console:import": _staff("import.view", noun="import"),
    "console:import_start": _staff("order.import", SUBMIT, noun="import"),
    "console:import_rejects": _staff("import.view", noun="import"),
    "console:messages": _staff("message.view"),
    "console:message": _staff("message.view", noun="message"),
    "console:message_resend": _staff("message.manage", SUBMIT, noun="message"),
    "console:address_release": _staff("message.manage", SUBMIT, noun="stopped address"),
    "vendor_portal:notifications": Route(Audience.VENDOR, "notice.choose", FORM),
    "vendor_portal:purchase_orders": Route(Audience.VENDOR, "purchase_order.view"),
    "vendor_portal:purchase_order": Route(
        Audience.VENDOR, "purchase_order.view", noun="purchase_order"
    ),
    "vendor_portal:rmas_approve": Route(Audience.VENDOR, "rma.approve", FORM),
    "vendor_portal:rma_decide": Route(Audience.VENDOR, "rma.approve", FORM, "rma"),
    "vendor_portal:rma_approve": Route(Audience.VENDOR, "rma.approve", FORM, "rma"),
    "vendor_portal:rma_deny": Route(Audience.VENDOR, "rma.deny", FORM, "rma"),
    "vendor_portal:rma_process": Route(Audience.VENDOR, "rma.process", FORM, "rma"),
    "vendor_portal:rma_reprocess": Route(Audience.VENDOR, "rma.process", FORM, "rma"),
    "vendor_portal:rma_talk": Route(Audience.VENDOR, "rma.talk", FORM, "rma"),
    "vendor_portal:rma_file": Route(Audience.VENDOR, "purchase_order.view", noun="rma file"),
    "customer_portal:orders": Route(Audience.CUSTOMER, "own_order.view"),
    "customer_portal:order": Route(Audience.CUSTOMER, "own_order.view", noun="order"),
    "platform:index": Route(Audience.PLATFORM),
    "platform:app_list": Route(Audience.PLATFORM),
    "platform:jsi18n": Route(Audience.PLATFORM),
    "platform:choose": Route(Audience.PLATFORM, methods=FORM),
    **_platform("accounts_merchant", "export", audience=Audience.PLATFORM, edited=True),
    **_platform("accounts_user", "export", "history", audience=Audience.PLATFORM, edited=True),
    **_platform("accounts_membership", edited=True),
    **_platform("accounts_vendor", "export", "import", "process_import"),
    **_platform("accounts_customer"),
    **_platform("orders_order"),
    **_platform("orders_orderimport"),
    **_platform("returns_return", "export"),
    **_platform("returns_refundentry"),
    **_platform("returns_returnfile"),
    **_platform("returns_returnnote"),
    **_platform("rmas_creditentry"),
    **_platform("rmas_rma", "export"),
    **_platform("shipments_returnshipment"),
    **_platform("audit_event"),
    **_platform("audit_delivery"),
}

ROLES_OF_AUDIENCE: dict[Audience, frozenset[Role]] = {
    Audience.STAFF: frozenset(Role) - {Role.VENDOR, Role.CUSTOMER},
    Audience.VENDOR: frozenset({Role.VENDOR}),
    Audience.CUSTOMER: frozenset({Role.CUSTOMER}),
}
