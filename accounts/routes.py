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


ROUTES: dict[str, Route] = {
    "home": Route(Audience.SIGNED_IN),
    "healthz": Route(Audience.PUBLIC),
    "styleguide": Route(Audience.PUBLIC),
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
    "console:returns_export": _staff("return.export", FORM),
    "console:return": _staff("return.view", noun="return"),
    "console:return_close": _staff("return.close", FORM, noun="return"),
    "console:return_reopen": _staff("return.reopen", FORM, noun="return"),
    "console:return_cancel": _staff("return.cancel", FORM, noun="return"),
    "console:rma_approve": _staff("rma.approve", FORM, noun="rma"),
    "console:rma_deny": _staff("rma.deny", FORM, noun="rma"),
    "console:rma_cancel": _staff("rma.cancel", FORM, noun="rma"),
    "console:shipment_add": _staff("shipment.add", FORM, noun="rma"),
    "console:imports": _staff("import.view"),
    "console:import_upload": _staff("order.import", FORM),
    "console:import": _staff("import.view", noun="import"),
    "console:import_start": _staff("order.import", SUBMIT, noun="import"),
    "console:import_rejects": _staff("import.view", noun="import"),
    "vendor_portal:purchase_orders": Route(Audience.VENDOR, "purchase_order.view"),
    "vendor_portal:purchase_order": Route(
        Audience.VENDOR, "purchase_order.view", noun="purchase_order"
    ),
    "customer_portal:orders": Route(Audience.CUSTOMER, "own_order.view"),
    "customer_portal:order": Route(Audience.CUSTOMER, "own_order.view", noun="order"),
}

ROLES_OF_AUDIENCE: dict[Audience, frozenset[Role]] = {
    Audience.STAFF: frozenset(Role) - {Role.VENDOR, Role.CUSTOMER},
    Audience.VENDOR: frozenset({Role.VENDOR}),
    Audience.CUSTOMER: frozenset({Role.CUSTOMER}),
}
