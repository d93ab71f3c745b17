"""Exporting from the overview: the ticked rows, or all that match, and nothing else."""

from __future__ import annotations

import csv
import io
import re
import uuid

import pytest

from core.tenancy import tenant
from returns.models import Return
from tests.factories import OrderFactory, ReturnFactory, ReturnLineFactory

pytestmark = pytest.mark.django_db

ADDRESS = "/m/acme/returns/export/"


def numbers(response):
    """The return numbers of a downloaded file, in its order."""
    assert response.status_code == 200
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return [row["Return"] for row in csv.DictReader(io.StringIO(text, newline=""))]


@pytest.fixture
def three(cast):
    """An open, a closed and a canceled return of Acme, and one of Globex."""
    order = OrderFactory(merchant=cast.acme)
    ReturnFactory(merchant=cast.globex, number="GLOBEX")
    return [
        ReturnFactory(merchant=cast.acme, order=order, number=number, status=status)
        for number, status in (("R-1", "open"), ("R-2", "closed"), ("R-3", "canceled"))
    ]


def test_the_address_of_the_overview_exports_what_it_shows(cast, three, sign_in):
    client = sign_in(cast.bob)
    assert numbers(client.get(ADDRESS)) == ["R-3", "R-2", "R-1"]
    assert numbers(client.get(ADDRESS, {"tab": "closed"})) == ["R-2"]
    assert numbers(client.get(ADDRESS, {"status": ["open", "closed"]})) == ["R-2", "R-1"]
    assert numbers(client.get(ADDRESS, {"tab": "nonsense"})) == []


def test_ticked_rows_and_no_others(cast, three, sign_in):
    ticked = [str(three[0].public_id), str(three[2].public_id)]
    response = sign_in(cast.bob).post(ADDRESS + "?tab=open", {"selected": ticked})
    assert numbers(response) == ["R-3", "R-1"]


def test_the_file_says_its_order_itself(cast, three, sign_in, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "console.exports.csv_of", lambda resource, rows, merchant_id: asked.append(rows) or []
    )
    client = sign_in(cast.bob)
    client.get(ADDRESS, {"status": ["open", "closed"]})
    client.post(ADDRESS, {"selected": [str(one.public_id) for one in three]})
    assert [rows.query.order_by for rows in asked] == [("-requested_at", "-pk")] * 2


def test_a_thousand_ticked_rows_are_fine(cast, sign_in):
    order = OrderFactory(merchant=cast.acme)
    with tenant(cast.acme.pk):
        made = Return.objects.bulk_create(
            Return(
                merchant=cast.acme,
                order=order,
                channel=order.channel,
                number=f"R{n}",
                currency="GBP",
            )
            for n in range(1001)
        )
    ticked = [str(found.public_id) for found in made[:1000]]
    assert len(numbers(sign_in(cast.bob).post(ADDRESS, {"selected": ticked}))) == 1000


def test_everything_means_everything_that_matches_not_the_ticked_rows(cast, three, sign_in):
    client = sign_in(cast.bob)
    form = {"everything": "1", "selected": [str(three[0].public_id)], "status": ["closed"]}
    assert numbers(client.post(ADDRESS, form)) == ["R-2"]
    in_address = {"everything": "1", "selected": [str(three[0].public_id)]}
    assert numbers(client.post(ADDRESS + "?status=closed", in_address)) == ["R-2"]


def test_the_vendor_filter_works_as_in_the_overview(cast, three, sign_in):
    ReturnLineFactory(merchant=cast.acme, customer_return=three[1], destination=cast.paper)
    ReturnLineFactory(merchant=cast.acme, customer_return=three[2], destination=cast.northlight)
    response = sign_in(cast.bob).get(ADDRESS, {"vendor": str(cast.paper.public_id)})
    assert numbers(response) == ["R-2"]


def test_foreign_unknown_and_unreadable_ids_are_as_if_not_ticked(cast, three, sign_in):
    with tenant(cast.globex.pk):
        foreign = Return.objects.get().public_id
    ticked = [str(foreign), str(uuid.uuid4()), "no-id"]
    assert numbers(sign_in(cast.bob).post(ADDRESS, {"selected": ticked})) == []


def test_nothing_ticked_leads_back_to_the_list_with_a_sentence(cast, three, sign_in):
    response = sign_in(cast.bob).post(ADDRESS + "?tab=open&q=R-")
    assert response.status_code == 302
    assert response["Location"] == "/m/acme/returns/?tab=open&q=R-"


def test_the_file_has_a_dated_name_and_is_never_shown_inline(cast, sign_in):
    response = sign_in(cast.bob).get(ADDRESS)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    name = re.fullmatch(
        r'attachment; filename="acme-returns-\d{4}-\d\d-\d\d\.csv"', response["Content-Disposition"]
    )
    assert name


def test_only_staff_may_export_and_only_their_own(cast, three, sign_in):
    assert sign_in(cast.wendy).get(ADDRESS).status_code == 200
    for stranger in (cast.charlie, cast.vera, cast.cora):
        assert sign_in(stranger).get(ADDRESS).status_code == 404
    assert numbers(sign_in(cast.charlie).get("/m/globex/returns/export/")) == ["GLOBEX"]
