"""What people put into forms: foreign ids, fields nobody asked for, and no token (G4)."""

from __future__ import annotations

import csv
import io
import uuid
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Vendor
from accounts.routes import ROUTES
from core.tenancy import tenant
from orders.models import Channel, OrderLine
from returns.models import ReturnDraft, ReturnReason
from rmas.models import Rma
from tests.security.marks import marked_models
from tests.security.test_routes import NAMES, Visit, form, parameters, plain, visits
from tests.security.watch import changes, for_real, state_of_tables, undone
from tests.security.world import (
    CSRF,
    OK,
    Person,
    Thing,
    World,
    at_a_merchant,
    expected,
    of_the_platform,
    whole_text,
)

pytestmark = pytest.mark.django_db

POSTED = [name for name in NAMES if "POST" in ROUTES[name].methods]
AT_A_MERCHANT = [name for name in POSTED if at_a_merchant(name)]
INSIDE = [name for name in POSTED if ":" in name]
SENTINEL = "98765432123456789"
# Columns whose name is also an input of a form; there the value is judged by the form.
ASKED_FOR = {
    "carrier",
    "file",
    "format",
    "key",
    "note",
    "number",
    "refund_adjustment",
    "return_address",
    "return_instructions",
    "tracking_number",
    "version",
}


@pytest.fixture
def bob(world) -> Person:
    return world.people["bob"]


def foreign_id(model: Any) -> int:
    """The id of a row of Globex."""
    return for_real(
        lambda: model.objects.filter(merchant__slug="globex").order_by("-pk")[0].pk, as_owner=True
    )


def own_order(world: World) -> Thing:
    """The order Cora placed at Acme."""
    return world.of("order")[0]


def items(world: World, **changed: Any) -> dict[str, Any]:
    """Step one of the wizard for Cora's order, with some inputs of its line changed."""
    typed = {k: v for k, v in own_order(world).form.items() if k.startswith("line-")}
    prefix = next(iter(typed)).rpartition("-")[0]
    return {"key": str(uuid.uuid4()), **typed, **{f"{prefix}-{k}": v for k, v in changed.items()}}


def start(world: World, person: Person, data: dict[str, Any], order: Thing | None = None) -> Any:
    """Post step one."""
    ref = (order or own_order(world)).ref
    return world.client(person).post(reverse("console:return_start", args=["acme", ref]), data)


def finish(world: World, person: Person, key: Any, data: dict[str, Any]) -> Any:
    """Post step two."""
    return world.client(person).post(reverse("console:return_rmas", args=["acme", key]), data)


def own_draft(world: World, person: Person) -> Thing:
    return next(thing for thing in world.of("draft") if thing.writer == person.name)


# --- foreign ids --------------------------------------------------------------------------------


@pytest.mark.parametrize(("field", "model"), [("destination", Vendor), ("reason", ReturnReason)])
def test_a_foreign_choice_is_refused_like_one_that_does_not_exist(world, quiet, bob, field, model):
    before = state_of_tables()
    foreign = start(world, bob, items(world, **{field: foreign_id(model)}))
    missing = start(world, bob, items(world, **{field: 10**12}))
    assert (foreign.status_code, missing.status_code) == (422, 422)
    assert world.leaks(foreign, bob) == []
    assert changes(before, state_of_tables()) == []


def test_the_line_of_another_order_is_not_there(world, quiet, bob):
    before = state_of_tables()
    for line in (foreign_id(OrderLine), 10**12):
        typed = {f"line-{line}-selected": "on", f"line-{line}-quantity": "1"}
        response = start(world, bob, {"key": str(uuid.uuid4()), **typed})
        assert response.status_code == 422
        assert world.leaks(response, bob) == []
    assert changes(before, state_of_tables()) == []


def test_a_foreign_order_cannot_be_returned(world, quiet, bob):
    before = state_of_tables()
    abroad = next(thing for thing in world.of("order") if thing.merchant == "globex")
    assert start(world, bob, items(world), abroad).status_code == 404
    assert changes(before, state_of_tables()) == []


def test_the_draft_of_a_colleague_cannot_be_taken_over(world, quiet, bob):
    before = state_of_tables()
    alices = own_draft(world, world.people["alice"])
    response = start(world, bob, {**items(world), "key": str(alices.ref)})
    assert response.status_code == 409
    assert world.leaks(response, bob, str(alices.ref)) == []
    assert changes(before, state_of_tables()) == []


def test_a_draft_cannot_be_carried_to_another_order(world, quiet, bob):
    mine = own_draft(world, bob)
    other = world.of("order")[1]
    typed = {k: v for k, v in other.form.items() if k.startswith("line-")}
    before = state_of_tables()
    response = start(world, bob, {**typed, "key": str(mine.ref)}, other)
    assert response.status_code == 409
    assert changes(before, state_of_tables()) == []


def test_the_key_of_a_foreign_draft_is_just_a_fresh_key(world, quiet, bob):
    """Keys are unique per merchant, so Globex's draft is neither found nor in the way."""
    charlies = own_draft(world, world.people["charlie"])
    with undone():
        response = start(world, bob, {**items(world), "key": str(charlies.ref)})
        assert response.status_code == 302
        assert world.leaks(response, bob, str(charlies.ref)) == []
    with tenant(system=True):
        assert not ReturnDraft.objects.exists()


def test_an_rma_for_a_foreign_vendor_is_not_made(world, quiet, bob):
    draft = own_draft(world, bob)
    vendor = foreign_id(Vendor)
    extra = {f"rma-{vendor}-return_address": "1 Evil Road", f"rma-{vendor}-approve": "on"}
    with undone():
        response = finish(world, bob, draft.ref, {**draft.form, **extra})
        assert response.status_code == 302
        with tenant(own_merchant(), user=bob.user.pk):
            assert not Rma.objects.filter(return_address="1 Evil Road").exists()


def own_merchant() -> int:
    """Acme's id."""
    return for_real(
        lambda: Vendor.objects.filter(merchant__slug="acme")[0].merchant_id, as_owner=True
    )


@pytest.mark.parametrize("name", ["proposed", "proposed_rma"])
def test_proposed_numbers_come_back_as_anything(world, quiet, bob, name):
    """They travel in hidden inputs, so anybody may change them."""
    draft = own_draft(world, bob)
    statuses = {}
    for text in ("9" * 5000, "RMA-" + "9" * 5000, "RMA-\u0663", "", "-", "\u0000"):
        with undone():
            response = finish(world, bob, draft.ref, {**draft.form, name: text})
            statuses[text[:9]] = response.status_code
    assert {text: status for text, status in statuses.items() if status >= 500} == {}


def filler(world: World, name: str) -> Person:
    """Who fills the form of this route in: platform staff, a vendor, or the merchant's owner."""
    if name.startswith("vendor_portal:"):
        return world.people["vera"]
    return world.people["pat" if of_the_platform(name) else "alice"]


NONSENSE = ("\u0000", "9" * 400, "NaN", "1e400")


@pytest.mark.parametrize("name", INSIDE)
def test_nonsense_is_refused_and_never_breaks_the_server(world, quiet, name):
    person = filler(world, name)
    visit = next(visits(world, name, person))
    filled = form(world, name, visit.thing)
    broken = set()
    for field in [one for one in filled if isinstance(filled[one], str | int)]:
        for value in NONSENSE:
            with undone():
                sent = {**filled, field: value}
                response = world.client(person).post(visit.address(name), sent)
                if response.status_code >= 500:
                    broken.add((field.rpartition("-")[2], value[:9]))
    assert broken == set()


# --- fields nobody asked for --------------------------------------------------------------------


def every_field() -> dict[str, str]:
    """The name of every column of every table, each with a value that is easy to find."""
    names = {
        name
        for model in marked_models()
        for field in model._meta.local_concrete_fields
        for name in (field.name, field.attname)
    }
    return dict.fromkeys(sorted(names - ASKED_FOR), SENTINEL)


@pytest.mark.parametrize("name", INSIDE)
def test_fields_nobody_asked_for_change_nothing(world, quiet, name):
    person = filler(world, name)
    visit = next(visits(world, name, person))
    with undone():
        client = world.client(person)
        response = client.post(
            visit.address(name), {**every_field(), **form(world, name, visit.thing)}
        )
        assert response.status_code in (200, 302)
        assert SENTINEL not in everything(person)


def everything(person: Person) -> str:
    """All that is stored at Acme, as text."""
    with tenant(own_merchant(), user=person.user.pk):
        return "\n".join(
            str(row) for model in marked_models() for row in model._base_manager.values_list()
        )


def test_a_draft_keeps_no_fields_the_wizard_does_not_have(world, quiet, bob):
    """Back in the wizard keeps what was typed: what the form has, not whatever was sent."""
    draft = own_draft(world, bob)
    with undone():
        sent = {**every_field(), **draft.form, "back": "1"}
        assert finish(world, bob, draft.ref, sent).status_code == 302
        assert SENTINEL not in everything(bob)


# What an empty form is answered with: 422 says at the field what is missing.
EMPTY = {
    "console:changes_start": 302,
    "console:export_delete": 302,
    "console:filter_delete": 302,
    "console:import_start": 302,  # a button without inputs; a repeated click is told so
    "console:bulk_start": 302,
    "console:return_rmas": 422,
    "console:returns_bulk": 302,  # back to the list, with a sentence
    "console:saved_export_delete": 302,
    "console:saved_export_run": 302,
    "console:message_resend": 302,
    "console:address_release": 302,
    "console:returns_export": 302,  # back to the list, with a sentence
    # Django's admin answers 200 to a form with mistakes; an unticked box is an answer.
    "platform:accounts_membership_change": 302,
    "platform:accounts_merchant_change": 200,
    "platform:accounts_merchant_export": 200,
    "platform:accounts_user_change": 302,
    "platform:accounts_user_export": 200,
    "platform:accounts_vendor_export": 200,
    "platform:accounts_vendor_import": 200,
    "platform:accounts_vendor_process_import": 302,
    "platform:returns_return_export": 200,
    "platform:rmas_rma_export": 200,
}


@pytest.mark.parametrize("name", INSIDE)
def test_an_empty_form_is_told_what_is_missing(world, quiet, name):
    person = filler(world, name)
    visit = next(visits(world, name, person))
    with undone():
        response = world.client(person).post(visit.address(name), {})
        assert response.status_code == EMPTY.get(name, 422)
        assert world.leaks(response, person, visit.address(name)) == []


# --- filters and exports ------------------------------------------------------------------------


def test_a_filter_by_a_foreign_row_answers_like_one_that_does_not_exist(world, quiet, bob):
    public = for_real(
        lambda: str(Vendor.objects.get(merchant__slug="globex").public_id), as_owner=True
    )
    pairs = [
        ("vendor", public, str(uuid.uuid4())),
        ("channel", str(foreign_id(Channel)), "999999999"),
    ]
    for address in ("/m/acme/returns/", "/m/acme/orders/"):
        for field, foreign, missing in pairs:
            pages = []
            for value in (foreign, missing):
                response = world.client(bob).get(address, {field: value})
                assert response.status_code == 200
                assert world.leaks(response, bob, value) == []
                pages.append(plain(response, f"{field}={value}"))
            assert pages[0] == pages[1], f"{address} tells a foreign {field} from a missing one"


def test_foreign_returns_cannot_be_ticked_into_an_export(world, quiet):
    """For real: a streamed file is written after the request's own transaction has ended."""
    bob = world.people["bob"]
    own = next(thing for thing in world.of("return") if thing.merchant == "acme")
    foreign = [str(thing.ref) for thing in world.of("return") if thing.merchant == "globex"]

    def export(*refs: str) -> list[list[str]]:
        address = reverse("console:returns_export", args=["acme"])
        response = world.client(bob).post(address, {"selected": refs})
        text = b"".join(response.streaming_content).decode("utf-8-sig")
        assert world.leaks_in(text.lower(), bob, "") == []
        return list(csv.reader(io.StringIO(text)))[1:]

    assert for_real(lambda: export(*foreign)) == []
    assert len(for_real(lambda: export(str(own.ref), *foreign))) == 1


def test_an_export_of_everything_is_everything_of_one_merchant(world, quiet):
    bob, charlie = world.people["bob"], world.people["charlie"]

    def export(person: Person, slug: str) -> list[str]:
        address = reverse("console:returns_export", args=[slug])
        text = whole_text(world.client(person).post(address, {"everything": "1"}))
        assert world.leaks_in(text, person, "") == []
        return text.splitlines()

    acme, globex = (
        for_real(lambda: export(bob, "acme")),
        for_real(lambda: export(charlie, "globex")),
    )
    of_acme = {
        thing.ref
        for thing in world.things
        if thing.noun.endswith("return") and ":" not in thing.noun and thing.merchant == "acme"
    }
    assert len(acme) - len(globex) == len(of_acme) / 2


# --- forged requests ----------------------------------------------------------------------------


def who_may(world: World, name: str) -> Visit:
    """A visit that would succeed with a token."""
    people = [world.people[one] for one in ("anonymous", "alice", "vera", "cora", "pat")]
    if name != "account_login":
        people = people[1:]
    return next(
        visit
        for person in people
        for visit in visits(world, name, person)
        if visit.method == "POST" and expected(person, name, visit.slug, visit.thing, "POST") == OK
    )


@pytest.mark.parametrize("name", POSTED)
def test_a_post_without_a_token_is_refused(world, quiet, name):
    visit = who_may(world, name)
    before = state_of_tables()
    client = world.client(visit.person, strict=True)
    for token in ({}, {"csrfmiddlewaretoken": "x" * 64}):
        filled = form(world, name, visit.thing)
        response = client.post(visit.address(name), {**filled, **token})
        assert response.status_code == 403
    assert changes(before, state_of_tables()) == []


def test_the_same_post_with_its_token_is_accepted(world, quiet, bob):
    closing = next(visit for visit in visits(world, "console:return_close", bob))
    client = world.client(bob, strict=True)
    with undone():
        page = client.get(closing.address("console:return_close")).content.decode()
        token = CSRF.search(page)[0].rpartition('value="')[2].rstrip('"')
        data = {**form(world, "console:return_close", closing.thing), "csrfmiddlewaretoken": token}
        response = client.post(closing.address("console:return_close"), data)
        assert response.status_code == 302
    world.client(bob)


def test_every_address_is_tried(world):
    assert len(POSTED) > 20
    assert {name for name in AT_A_MERCHANT if "merchant" not in parameters(name)} == set()
