"""The tables of the platform pages: read, hardly written, exported."""

from __future__ import annotations

import csv
import io

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from accounts.actor import Actor
from accounts.models import Membership, Merchant, User
from accounts.routes import ROUTES, Audience
from actions.platform import change_merchant, switch_membership, switch_user
from audit.models import Event
from config.platform import tables
from config.platform.site import site
from core.errors import NotAllowed, Refused
from core.tenancy import tenant
from tests.config.platform.conftest import signed_in
from tests.factories import OrderFactory, UserFactory, VendorFactory, made_return, shipped_order

pytestmark = pytest.mark.django_db

LISTS = sorted(name for name in ROUTES if name.startswith("platform:") and "changelist" in name)


def address(name: str) -> str:
    app, _, model = name.removeprefix("platform:").removesuffix("_changelist").partition("_")
    return f"/platform/{app}/{model}/"


def membership_of(cast, name: str) -> Membership:
    with tenant(cast.acme.pk):
        return Membership.objects.get(user=getattr(cast, name).user)


def events(merchant, verb: str) -> list[Event]:
    with tenant(merchant.pk):
        return list(Event.objects.filter(verb=verb))


# --- reading ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LISTS)
def test_every_list_opens_with_a_search(cast, at_desk, name):
    made_return(cast.bob, shipped_order(cast.acme, vendor=cast.northlight), approve=True)
    assert at_desk.get(address(name)).status_code == 200
    assert at_desk.get(address(name), {"q": "x' %", "p": "99"}).status_code in (200, 302)


def test_every_table_has_an_audience_of_its_own_kind():
    for model, table in site._registry.items():
        of_merchant = any(field.name == "merchant" for field in model._meta.local_fields)
        audience = ROUTES[
            f"platform:{model._meta.label_lower.replace('.', '_')}_changelist"
        ].audience
        assert (audience is Audience.PLATFORM_MERCHANT) == of_merchant, table


def test_nothing_but_the_named_fields_can_be_edited():
    editable = {model.__name__: table.editable for model, table in site._registry.items()}
    assert {name: fields for name, fields in editable.items() if fields} == {
        "Merchant": ("name", "timezone"),
        "User": ("is_active", "is_staff"),
        "Membership": ("is_active",),
    }


def test_documents_take_no_form(cast, at_desk):
    order = OrderFactory(merchant=cast.acme, number="ACME-1")
    page = at_desk.get(f"/platform/orders/order/{order.pk}/change/").content.decode()
    assert 'name="_save"' not in page
    assert "ACME-1" in page
    response = at_desk.post(f"/platform/orders/order/{order.pk}/change/", {"number": "X"})
    assert response.status_code == 405
    with tenant(cast.acme.pk):
        order.refresh_from_db()
    assert order.number == "ACME-1"


def test_a_list_asks_as_often_for_thirty_rows_as_for_one(cast, at_desk):
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert at_desk.get("/platform/orders/order/").status_code == 200
        return len(asked)

    OrderFactory(merchant=cast.acme)
    queries()
    one = queries()
    for _ in range(29):
        OrderFactory(merchant=cast.acme)
    assert queries() == one


def test_a_list_counts_no_further_than_it_pages(cast, at_desk, monkeypatch):
    monkeypatch.setattr(tables, "LONGEST_LIST", 2)
    for _ in range(4):
        OrderFactory(merchant=cast.acme)
    assert "2 orders" in at_desk.get("/platform/orders/order/").content.decode()


def test_secrets_cannot_be_asked_for_bit_by_bit(pat):
    client = signed_in(pat)
    page = client.get(f"/platform/accounts/user/{pat.pk}/change/").content.decode()
    assert "argon2" not in page
    assert "md5$" not in page
    for lookup in ("password__startswith", "memberships__role", "authenticator__type"):
        response = client.get("/platform/accounts/user/", {lookup: "m"})
        assert response.status_code == 400


def test_nonsense_in_the_address_breaks_nothing(cast, at_desk):
    for query in ("q=%00", "status__exact=%00", "p=9999999999999999999", "status__exact=x", "o=9"):
        assert at_desk.get(f"/platform/returns/return/?{query}").status_code in (200, 302, 404)
    for key in ("0", "x", "9" * 40, "1/2"):
        assert at_desk.get(f"/platform/orders/order/{key}/change/").status_code == 404


# --- writing ------------------------------------------------------------------------------------


def test_a_merchant_gets_another_name_and_an_event(cast, pat):
    client = signed_in(pat)
    page = f"/platform/accounts/merchant/{cast.acme.pk}/change/"
    response = client.post(page, {"name": "Acme Presents", "timezone": "Europe/Paris", "slug": "x"})
    assert response.status_code == 302
    with tenant(cast.acme.pk):
        cast.acme.refresh_from_db()
    assert (cast.acme.name, cast.acme.timezone, cast.acme.slug) == (
        "Acme Presents",
        "Europe/Paris",
        "acme",
    )
    [event] = events(cast.acme, "merchant.changed")
    assert (event.actor_kind, event.actor_name) == ("platform", "Pat Platform")
    assert event.data["before"] == {"name": "Acme Gifts", "timezone": "Europe/London"}
    assert events(cast.globex, "merchant.changed") == []

    again = client.post(page, {"name": "Acme Presents", "timezone": "Europe/Paris"})
    assert again.status_code == 302
    assert len(events(cast.acme, "merchant.changed")) == 1


def test_a_time_zone_that_is_none_is_refused_at_the_field(cast, pat):
    page = f"/platform/accounts/merchant/{cast.acme.pk}/change/"
    response = signed_in(pat).post(page, {"name": "Acme", "timezone": "Mars/Base"})
    assert response.status_code == 200
    assert "is not a time zone" in response.content.decode()
    assert events(cast.acme, "merchant.changed") == []


def test_a_membership_is_switched_off_and_on_with_events(cast, at_desk, sign_in):
    page = f"/platform/accounts/membership/{membership_of(cast, 'bob').pk}/change/"
    assert at_desk.post(page, {}).status_code == 302
    assert sign_in(cast.bob).get("/m/acme/returns/").status_code == 404
    assert at_desk.post(page, {"is_active": "on"}).status_code == 302
    assert sign_in(cast.bob).get("/m/acme/returns/").status_code == 200
    assert len(events(cast.acme, "membership.switched_off")) == 1
    assert len(events(cast.acme, "membership.switched_on")) == 1


def test_the_last_owner_stays(cast, at_desk):
    page = f"/platform/accounts/membership/{membership_of(cast, 'alice').pk}/change/"
    response = at_desk.post(page, {}, follow=True)
    assert "last active owner" in response.content.decode()
    assert membership_of(cast, "alice").is_active
    assert events(cast.acme, "membership.switched_off") == []


def test_a_membership_of_another_merchant_is_not_there(cast, at_desk):
    with tenant(cast.globex.pk):
        charlie = Membership.objects.get(user=cast.charlie.user)
    response = at_desk.post(f"/platform/accounts/membership/{charlie.pk}/change/", {})
    assert response.status_code == 404
    with tenant(cast.globex.pk):
        charlie.refresh_from_db()
    assert charlie.is_active


def test_an_account_is_switched_off_with_a_line_in_the_log(cast, pat, sign_in):
    client = signed_in(pat)
    bob = cast.bob.user
    there = sign_in(cast.bob)
    sent = {"is_staff": "on", "is_superuser": "on", "email": "x@example.com"}
    response = client.post(f"/platform/accounts/user/{bob.pk}/change/", sent)
    assert response.status_code == 302
    bob.refresh_from_db()
    assert (bob.is_active, bob.is_staff, bob.is_superuser) == (False, False, False)
    assert bob.email == "bob.ono@example.com"
    [entry] = LogEntry.objects.all()
    assert (entry.user, entry.object_id) == (pat, str(bob.pk))
    assert "is_active" in entry.change_message
    assert there.get("/m/acme/returns/").status_code == 302
    history = client.get(f"/platform/accounts/user/{bob.pk}/history/").content.decode()
    assert "Pat Platform" in history


def test_only_superusers_make_platform_staff(cast, sue):
    bob = cast.bob.user
    page = f"/platform/accounts/user/{bob.pk}/change/"
    assert signed_in(sue).post(page, {"is_active": "on", "is_staff": "on"}).status_code == 302
    bob.refresh_from_db()
    assert (bob.is_staff, bob.is_superuser) == (True, False)


def test_staff_do_not_touch_staff_and_nobody_themselves(cast, pat, sue):
    client = signed_in(pat)
    assert client.post(f"/platform/accounts/user/{sue.pk}/change/", {}).status_code == 302
    sue.refresh_from_db()
    assert sue.is_active
    with pytest.raises(NotAllowed):
        switch_user(pat, sue.pk, is_active=False, is_staff=True)
    with pytest.raises(NotAllowed):
        switch_user(pat, cast.bob.user.pk, is_active=True, is_staff=True)
    with pytest.raises(NotAllowed):
        switch_user(cast.alice.user, cast.bob.user.pk, is_active=False, is_staff=False)
    page = f"/platform/accounts/user/{sue.pk}/change/"
    response = signed_in(sue).post(page, {"is_staff": "on"}, follow=True)
    assert "cannot lock yourself out" in response.content.decode()
    sue.refresh_from_db()
    assert sue.is_active
    assert LogEntry.objects.count() == 0


def test_the_actions_are_for_platform_staff_only(cast, pat):
    with tenant(cast.acme.pk):
        bob = membership_of(cast, "bob")
        for actor in (cast.alice, cast.vera, cast.cora):
            with pytest.raises(NotAllowed):
                change_merchant(actor, name="X", timezone="UTC")
            with pytest.raises(NotAllowed):
                switch_membership(actor, bob.pk, is_active=False)
        platform = Actor.platform(pat, cast.acme)
        assert not platform.may("return.create")
        assert not platform.may("refund.apply")
        with pytest.raises(Refused, match="already"):
            switch_membership(platform, bob.pk, is_active=True)
        with pytest.raises(Refused, match="already"):
            change_merchant(platform, name=cast.acme.name, timezone=cast.acme.timezone)


# --- exports ------------------------------------------------------------------------------------

EXPORTS = sorted(name for name in ROUTES if name.startswith("platform:") and "_export" in name)


def test_the_lists_that_can_be_exported():
    assert [name.removeprefix("platform:").removesuffix("_export") for name in EXPORTS] == [
        "accounts_merchant",
        "accounts_user",
        "accounts_vendor",
        "returns_return",
        "rmas_rma",
    ]


def rows_of(response) -> list[dict[str, str]]:
    assert response.status_code == 200
    assert "attachment" in response.headers["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))


def test_every_cell_of_an_export_is_neutralised(cast, pat):
    evil = '=HYPERLINK("https://evil.example")'
    with tenant(system=True):
        Merchant.objects.filter(pk=cast.globex.pk).update(name=evil)
    UserFactory(name=evil, email="eve@example.com")
    VendorFactory(merchant=cast.acme, name=evil, code="evil", return_address="@SUM(1)")
    with tenant(cast.acme.pk):
        cast.northlight.name = evil
        cast.northlight.save()
    made_return(
        cast.bob, shipped_order(cast.acme, vendor=cast.northlight), approve=True, note="+1-2"
    )
    client = signed_in(pat, at=cast.acme)
    seen = 0
    for name in EXPORTS:
        app, _, model = name.removeprefix("platform:").removesuffix("_export").partition("_")
        page = f"/platform/{app}/{model}/export/"
        assert client.get(page).status_code == 200
        cells = [
            cell for row in rows_of(client.post(page, {"format": "0"})) for cell in row.values()
        ]
        assert not [cell for cell in cells if cell[:1] in "=+@" and cell]
        seen += sum(cell == f"'{evil}" for cell in cells)
        workbook = load_workbook(io.BytesIO(client.post(page, {"format": "1"}).content))
        inside = [cell for row in workbook.active.iter_rows() for cell in row]
        assert not [cell for cell in inside if cell.data_type == "f"]
    assert seen >= 4


def test_an_export_holds_one_merchant_and_what_the_filters_leave(cast, pat):
    mine = made_return(cast.bob, shipped_order(cast.acme, vendor=cast.northlight), approve=True)
    with tenant(cast.globex.pk):
        other = VendorFactory(merchant=cast.globex)
    made_return(cast.charlie, shipped_order(cast.globex, vendor=other), approve=True)
    client = signed_in(pat, at=cast.acme)
    response = client.post("/platform/returns/return/export/", {"format": "0"})
    assert response.headers["Content-Disposition"].startswith('attachment; filename="acme-return-')
    assert [row["Return"] for row in rows_of(response)] == [mine.number]
    filtered = client.post("/platform/returns/return/export/?status__exact=closed", {"format": "0"})
    assert rows_of(filtered) == []
    assert {row["code"] for row in rows_of(
        client.post("/platform/accounts/vendor/export/", {"format": "0"})
    )} == {"own-warehouse", "northlight-lamps", "paper-and-twine"}  # fmt: skip


def test_an_export_that_would_be_too_large_is_refused_with_a_next_step(cast, at_desk, monkeypatch):
    monkeypatch.setattr(tables, "LARGEST_EXPORT", 2)
    response = at_desk.post("/platform/accounts/user/export/", {"format": "0"}, follow=True)
    assert "More than 2 rows match. Narrow the list" in response.content.decode()


def test_a_format_nobody_offers_is_refused_at_the_field(cast, at_desk):
    for sent in ({}, {"format": "9"}, {"format": "x"}):
        response = at_desk.post("/platform/accounts/user/export/", sent)
        assert response.status_code == 200
        assert "attachment" not in response.headers.get("Content-Disposition", "")


def test_the_index_names_the_merchant_and_logs_nothing_of_it(cast, at_desk):
    bob = membership_of(cast, "bob")
    at_desk.post(f"/platform/accounts/membership/{bob.pk}/change/", {})
    page = at_desk.get("/platform/").content.decode()
    assert "Acme Gifts" in page
    assert LogEntry.objects.count() == 0
    assert User.objects.filter(is_staff=True).count() == 1
