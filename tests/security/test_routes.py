"""Every route as everybody, with their own, a peer's, a foreign and a missing object (G1 to G3).

What must be answered comes from the route table by a small oracle in `tests.security.world`, not
from the gate. After every denial: exact status, no foreign mark anywhere, nothing changed.
"""

from __future__ import annotations

import re
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.shortcuts import resolve_url
from django.urls import reverse

from accounts.actor import Actor
from accounts.models import Merchant
from accounts.permissions import PERMISSIONS
from accounts.routes import FORM, ROLES_OF_AUDIENCE, ROUTES
from config import checks
from config.platform.vendors import InThePage, signer_for
from tests.factories import PASSWORD
from tests.security.papers import PARCEL, PHOTO, TYPED, typed_for
from tests.security.watch import changes, state_of_tables, undone
from tests.security.world import (
    CHOOSE,
    CSRF,
    OK,
    ORDERS_FILE,
    SECOND_STEP,
    SIGN_IN,
    Person,
    Thing,
    World,
    all_routes,
    at_a_merchant,
    expected,
    of_the_platform,
)

pytestmark = pytest.mark.django_db

NAMES = sorted(all_routes())

# Routes whose object must be in a certain state before the page or the verb can succeed.
READY = {
    "console:return_reopen": "closed return",
    "console:return_done": "finished draft",
    "console:shipment_add": "approved rma",
    "console:return_uncancel": "canceled return",
    "console:rma_create": "denied return",
    "console:rma_reopen": "approved rma",
    "console:rma_reprocess": "processed rma",
    "console:rma_sync_credit": "approved rma",
    "console:rma_record_credit": "approved rma",
    "console:rma_settle_credit": "approved rma",
    "console:rma_void": "approved rma",
    "vendor_portal:rma_reprocess": "processed rma",
}
# Allowed visits that answer with a redirect; every other allowed GET answers 200.
REDIRECTS = {
    "home",
    "console:home",
    "account_login",
    "account_logout",
    "account_signup",
    "mfa_activate_totp",
    "mfa_reauthenticate",
}
# Pages that note that they were read, and are therefore undone after reading.
NOTES_READING = {"mfa_view_recovery_codes", "mfa_download_recovery_codes"}
KEY = re.compile(r'name="key" value="[^"]+"')
# Nobody is between the two steps of signing in, so all are sent back to the first.
BETWEEN_THE_STEPS = "mfa_authenticate"


@dataclass(frozen=True, slots=True)
class Visit:
    """One cell of the matrix."""

    person: Person
    method: str
    slug: str
    thing: Thing | None
    ref: uuid.UUID | int | None

    def address(self, name: str) -> str:
        """Where the visit goes."""
        given = {
            "merchant": self.slug,
            "public_id": self.ref,
            "key": self.ref or "set-password",
            "uidb36": "1",
            "object_id": self.ref,
            "app_label": "accounts",
        }
        wanted = parameters(name)
        return reverse(name, kwargs={key: value for key, value in given.items() if key in wanted})


def parameters(name: str) -> set[str]:
    """The names in the route's address."""
    places = [all_routes()[name].pattern.regex.groupindex]
    return set().union(*places, {"merchant"} if at_a_merchant(name) else set())


def visits(world: World, name: str, person: Person) -> Iterator[Visit]:
    """One person's cells of one route: who may pass meets every object, the others some."""
    noun = READY.get(name, ROUTES[name].noun)
    side = ROUTES[name].audience
    home = next((hat.merchant for hat in person.hats if hat.side == side), "acme")
    away = "globex" if home == "acme" else "acme"
    near = [thing for thing in world.of(noun) if thing.merchant == home]
    far = [thing for thing in world.of(noun) if thing.merchant == away]
    near.sort(key=lambda one: expected(person, name, home, one, "GET") != OK)
    passes = any(expected(person, name, home, thing, "GET") == OK for thing in near)
    first = (home, near[0], near[0].ref) if noun else (home, None, None)
    for method in ("GET", "POST", "PUT", "DELETE"):
        yield Visit(person, method, *first)
    if not noun:
        others = [(away, None, None), ("nowhere", None, None)] if at_a_merchant(name) else []
    elif passes:
        others = [(home, thing, thing.ref) for thing in (*near[1:], *far[:1])]
        others += [(home, None, uuid.uuid4()), (away, far[0], far[0].ref)]
    else:
        others = [(home, None, uuid.uuid4()), (away, far[0], far[0].ref)]
    for place, address in enumerate(others):
        for method in ("GET", "POST") if passes else (("POST", "GET")[place % 2],):
            yield Visit(person, method, *address)


def form(world: World, name: str, thing: Thing | None) -> dict[str, Any]:
    """A filled-in form that the route accepts from whoever may send it."""
    if of_the_platform(name):
        return platform_form(world, name)
    key = str(uuid.uuid4())
    match name:
        case "account_login":
            return {"login": world.people["bob"].user.email, "password": PASSWORD}
        case "account_change_password":
            new = "another-long-password"
            return {"oldpassword": PASSWORD, "password1": new, "password2": new}
        case "account_reset_password":
            return {"email": world.people["bob"].user.email}
        case "console:return_start":
            typed = thing.form if thing else {}
            lines = {k: v for k, v in typed.items() if k.startswith("line-")}
            return {"key": key, "adjustment_reason": "", "refund_shipping": "", **lines}
        case "console:return_rmas":
            return dict(thing.form) if thing else {}
        case "console:shipment_add":
            return {"key": key, **(thing.form if thing else PARCEL)}
        case "vendor_portal:rmas_approve":
            waiting = world.of("rma")
            seen = {f"version-{one.ref}": one.version for one in waiting}
            return {"key": key, "rma": [str(one.ref) for one in waiting], **seen}
        case "console:import_upload":
            file = SimpleUploadedFile("orders.csv", ORDERS_FILE)
            return {"key": key, "file": file, "format": "online-retail"}
    seen = {"key": key, "version": thing.version if thing else 1, "note": "Seen."}
    return {
        **seen,
        **return_form(name, thing),
        **settings_form(name, thing),
        **export_form(name),
    }


def export_form(name: str) -> dict[str, Any]:
    """What the forms of exports ask for besides their key."""
    match name:
        case "console:export_new" | "console:saved_export":
            what = {"grain": "return", "query": "", "columns": ["number"], "format": "csv"}
            when = {"schedule": "daily", "at_hour": "6", "weekday": "0", "day": "1"}
            return {"name": "Daily", "first": "", "last": "", **what, **when}
        case "console:changes_upload":
            return {"file": SimpleUploadedFile("edited.csv", b"Return,Note\nR-1,Sturdy\n")}
    return {}


def return_form(name: str, thing: Thing | None) -> dict[str, Any]:
    """What the forms of a return and its RMAs ask for besides key, version and note."""
    if name in TYPED:
        return typed_for(name, thing.form if thing else {})
    match name:
        case "console:file_add":
            return {"file": SimpleUploadedFile("dent.png", PHOTO)}
    return {}


def settings_form(name: str, thing: Thing | None) -> dict[str, Any]:
    """The inputs of lists and settings, and of the small forms of an order."""
    if name == "console:settings_vendors_file":
        return {"file": SimpleUploadedFile("v.csv", VENDORS_FILE)}
    if name == "console:order_serials":
        line = next((k.split("-")[1] for k in (thing.form if thing else {}) if "-" in k), "1")
        return {"line": line, "number": "SN-2"}
    inputs = thing.form if thing and name in WITH_INPUTS else {}
    return {**SETTINGS_FORMS.get(name, {}), **inputs}


# Forms with inputs that are named after rows, or name them.
WITH_INPUTS = {"console:settings_offer", "console:subscription_add"}
PROFILE = {
    "name": "Kind",
    "expires": "on",
    "expiry_days": "14",
    "valid_outcome": "refund_and_cancel",
    "valid_percent": "90",
    "expired_outcome": "cancel_only",
    "expired_percent": "0",
    "none_outcome": "no_action",
    "none_percent": "0",
    "basis": "items",
    "restocking_percent": "10",
}
VENDOR_DETAILS = {"name": "The Mill", "code": "mill-2", "email": "mill@example.com"}
ADDRESS = {"vendor": "", "label": "Dock 7", "address": "7 Dock Road", "is_offered": "on"}
SETTINGS_FORMS: dict[str, dict[str, Any]] = {
    "console:order_credit": {"amount": "1.50", "reason": "Goodwill"},
    "console:filter_save": {"name": "Open ones", "query": "status=open"},
    "console:filter_edit": {"name": "Open ones", "query": "status=open"},
    "console:returns_columns": {"query": "status=open", "columns": ["age", "total"]},
    "vendor_portal:notifications": {"rma_available": "on"},
    "console:settings_strategy": {"auto_process": "on", "auto_approve": "on"},
    "console:settings_vendor": {
        "auto_process": "always",
        "auto_approve": "never",
        "integrated": "on",
        "return_address": "3 Dock Road",
    },
    "console:settings_vendor_add": VENDOR_DETAILS,
    "console:settings_vendor_details": VENDOR_DETAILS,
    "console:settings_vendor_archive": {"wanted": "archive"},
    "console:settings_vendor_users": {"email": "newcomer@example.com"},
    "console:settings_people": {"email": "newcomer@example.com", "role": "agent"},
    "console:settings_person": {"role": "agent"},
    "console:settings_credits": {"is_on": "on"},
    "console:settings_silence": {
        "remind": "2",
        "escalate": "4",
        "end": "6",
        "outcome": "approve",
    },
    "console:settings_calendar": {"weekend": ["4", "5"]},
    "console:settings_holidays": {"day": "2190-12-26", "name": "Boxing Day"},
    "console:settings_reasons": {"label": "Wrong colour", "parent": ""},
    "console:settings_reason": {"label": "Too small", "parent": "", "is_offered": "on"},
    "console:settings_reason_move": {"direction": "down"},
    "console:settings_profile_add": {**PROFILE, "version": "0"},
    "console:settings_profile": PROFILE,
    "console:settings_profile_archive": {"wanted": "archive"},
    "console:settings_offers": {"name": "Tea", "code": "TEA-30", "profile": ""},
    "console:settings_offer": {"name": "Tea", "is_offered": "on"},
    "console:settings_cycle_add": {"kind": "rebill", "number": "2", "profile": ""},
    "console:settings_connection": {"name": "Dock", "level": "4"},
    "console:subscription_add": {"number": "SUB-X", "started_at": "2026-01-02"},
    "console:charge_add": {
        "kind": "initial",
        "number": "",
        "charged_at": "2026-01-02",
        "reference": "ch_X",
        "items": "9.00",
        "tax": "1.00",
        "shipping": "",
        "paid": "",
        "refunded": "",
        "order": "",
    },
    "console:subscription_cancel": {"reason": "Asked for"},
    "console:settings_addresses": ADDRESS,
    "console:settings_address": ADDRESS,
}


VENDORS_FILE = b"code,name\nmill,The Mill\n"
CSV_FORMAT = {"format": "0", "resource": "0"}


def previewed(world: World) -> str:
    """The vendors' file as the preview hands it to Pat at Acme."""
    packed = InThePage()
    packed.save(VENDORS_FILE)
    acme = next(thing for thing in world.of("platform:accounts_merchant"))
    actor = Actor.platform(world.people["pat"].user, Merchant(pk=acme.ref))
    return signer_for(actor).sign(packed.name)


def platform_form(world: World, name: str) -> dict[str, Any]:
    """The same for the platform pages, where Pat fills it in at Acme."""
    match name:
        case "platform:choose":
            return {"merchant": "acme"}
        case "platform:accounts_merchant_change":
            return {"name": "Acme Presents", "timezone": "Europe/Paris"}
        case "platform:accounts_user_change" | "platform:accounts_membership_change":
            return {"is_active": "on"}
        case "platform:accounts_vendor_import":
            return {"import_file": SimpleUploadedFile("v.csv", VENDORS_FILE), **CSV_FORMAT}
        case "platform:accounts_vendor_process_import":
            return {"import_file_name": previewed(world), "original_file_name": "v", **CSV_FORMAT}
    return dict(CSV_FORMAT)


def send(world: World, name: str, visit: Visit) -> Any:
    """The response to one visit."""
    client = world.client(visit.person)
    data = form(world, name, visit.thing) if visit.method == "POST" else None
    return getattr(client, visit.method.lower())(visit.address(name), data)


def is_right(name: str, visit: Visit, response: Any, wanted: int | str) -> bool:
    """Whether the status is exactly what the oracle says."""
    if wanted == SIGN_IN:
        to = f"{resolve_url(settings.LOGIN_URL)}?next="
        return response.status_code == 302 and response["Location"].startswith(to)
    if wanted in (SECOND_STEP, CHOOSE):
        to = ("mfa_index", "mfa_reauthenticate") if wanted == SECOND_STEP else ("platform:choose",)
        return response.status_code == 302 and response["Location"].partition("?")[0] in map(
            reverse, to
        )
    if wanted != OK:
        return response.status_code == wanted
    if name == BETWEEN_THE_STEPS:
        return response.status_code == 302
    if response.status_code == 302:
        doors = (resolve_url(settings.LOGIN_URL), reverse("platform:choose"))
        is_door = response["Location"].partition("?")[0] in doors
        return not is_door and (visit.method == "POST" or name in REDIRECTS)
    return response.status_code == 200


def plain(response: Any, address: str) -> str:
    """The answer without what differs at every request: tokens and keys of forms, the address."""
    body = KEY.sub("", CSRF.sub("", response.content.decode()))
    kept = {k: v for k, v in response.headers.items() if k not in ("Content-Length", "Expires")}
    return f"{response.status_code} {kept} {body}".replace(address, "")


@pytest.mark.parametrize("name", NAMES)
def test_everybody_gets_what_the_table_says(world, quiet, name):
    wrong, reached, missing = [], set(), defaultdict(set)
    before = state_of_tables()
    for person in world.people.values():
        for visit in visits(world, name, person):
            wanted = expected(person, name, visit.slug, visit.thing, visit.method)
            address = visit.address(name)
            cell = f"{person.name}: {visit.method} {address}"
            writes = visit.method == "POST" or name in NOTES_READING
            with undone(only_if=wanted == OK and writes):
                response = send(world, name, visit)
                leaks = world.leaks(response, person, address)
            if not is_right(name, visit, response, wanted):
                wrong.append(f"{cell} answers {response.status_code}, not {wanted}")
            if leaks:
                wrong.append(f"{cell} shows {', '.join(leaks)}")
            if wanted == OK:
                reached.add(visit.method)
            if response.status_code == 404:
                missing[person.name, visit.method].add(plain(response, address))
        if changed := changes(before, state_of_tables()):
            wrong.append(f"{person.name}: reading or being denied {name} changed {changed}")
    told_apart = sorted(who for who, pages in missing.items() if len(pages) > 1)
    assert wrong == []
    assert told_apart == [], "an absent and a foreign object must look the same"
    assert reached == {method for method in ROUTES[name].methods if method != "HEAD"}


# --- the table itself ---------------------------------------------------------------------------


def test_the_table_and_the_addresses_agree():
    assert checks.check_routes() == []
    assert set(NAMES) == set(ROUTES)


def test_a_route_without_a_row_stops_the_boot(monkeypatch):
    monkeypatch.delitem(ROUTES, "console:orders")
    assert [message.id for message in checks.check_routes()] == ["backhaul.E010"]
    monkeypatch.setattr(checks.connections, "close_all", lambda: None)
    assert "backhaul.E010" in [message.id for message in checks.refusals()]


def test_a_page_of_the_platform_without_a_row_stops_the_boot_and_is_closed(
    world, quiet, monkeypatch
):
    monkeypatch.delitem(ROUTES, "platform:rmas_rma_export")
    assert [message.id for message in checks.check_routes()] == ["backhaul.E010"]
    assert set(NAMES) - set(ROUTES) == {"platform:rmas_rma_export"}
    client = world.client(world.people["pat"])
    assert client.get("/platform/rmas/rma/").status_code == 200
    assert client.get("/platform/rmas/rma/export/").status_code == 404


def test_a_row_without_an_address_is_told(monkeypatch):
    monkeypatch.setitem(ROUTES, "console:gone", ROUTES["console:orders"])
    assert [message.id for message in checks.check_routes()] == ["backhaul.W011"]


def test_a_route_without_a_row_is_closed_even_if_the_boot_went_on(world, quiet, monkeypatch):
    monkeypatch.delitem(ROUTES, "console:orders")
    client = world.client(world.people["alice"])
    assert client.get("/m/acme/orders/").status_code == 404


def test_every_permission_of_the_table_is_held_by_a_role_of_its_audience():
    unreachable = [
        name
        for name, route in ROUTES.items()
        if route.permission
        and not any(
            route.permission in PERMISSIONS[role] for role in ROLES_OF_AUDIENCE[route.audience]
        )
    ]
    assert unreachable == []


def test_every_row_answers_get_or_post_and_nothing_else():
    odd = {name: route.methods for name, route in ROUTES.items() if set(route.methods) - set(FORM)}
    assert odd == {}
