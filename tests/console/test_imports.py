"""Order files in the console: upload, look, import, watch, mend the rejects (F3)."""

from __future__ import annotations

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from actions import imports
from actions.import_reports import progress_of
from actions.imports import request_import, upload_order_file
from core.tenancy import tenant
from orders.models import Order, OrderImport
from tests.factories import new_key
from tests.order_files import BAD, FORMAT, GOOD, HEADING, order_file
from tests.outbox import deliver_all

pytestmark = pytest.mark.django_db

UPLOAD = "/m/acme/imports/new/"
LIST = "/m/acme/imports/"


def send(client, file=None, **form):
    """Post the upload form."""
    return client.post(
        UPLOAD, {"key": new_key(), "format": FORMAT, **({"file": file} if file else {}), **form}
    )


@pytest.fixture
def alice(cast, sign_in):
    """Alice's browser."""
    return sign_in(cast.alice)


@pytest.fixture
def checked(cast):
    """A checked file with rejects, uploaded by Alice."""
    with tenant(cast.acme.pk, user=cast.alice.user.pk):
        return upload_order_file(cast.alice, order_file(*GOOD, *BAD), format=FORMAT)


@pytest.fixture
def loaded(cast, checked):
    """The same file, imported."""
    with tenant(cast.acme.pk, user=cast.alice.user.pk):
        request_import(cast.alice, checked)
    deliver_all()
    return checked


def page_of(found, tail=""):
    return f"{LIST}{found.public_id}/{tail}"


def change(found, **values):
    """Set the import to something."""
    with tenant(found.merchant_id):
        OrderImport.objects.filter(pk=found.pk).update(**values)


def poll(client, found, shown):
    """What htmx asks every two seconds, on a page that shows this status."""
    headers = {"HX-Request": "true", "HX-Target": "import-progress"}
    return client.get(page_of(found, f"?shown={shown}"), headers=headers)


def count(merchant, model):
    with tenant(merchant.pk):
        return model.objects.count()


# --- choosing a file ----------------------------------------------------------------------------


def test_a_good_file_leads_to_what_it_would_do(cast, alice):
    response = send(alice, order_file(*GOOD, *BAD))
    assert response.status_code == 302
    page = alice.get(response["Location"]).content.decode()
    assert "Nothing has been loaded yet." in page
    assert "Import 2 orders" in page
    assert "“many” is not a whole number." in page
    assert "line 7" in page
    assert "Postage, fees, discounts" in page
    assert count(cast.acme, Order) == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "Choose a file first."),
        (b"", "This file is empty."),
        (b"PK\x03\x04[Content_Types].xml", "This is an Excel workbook, not a CSV file."),
        (b"PK\x03\x04orders.txt", "This is a ZIP archive, not a CSV file."),
        (b"%PDF-1.7", "This is a PDF document, not a CSV file."),
        (b"\x89PNG\r\n", "This is a picture, not a CSV file."),
        (HEADING.encode() + b"\n\xe9\n", "Line 2 is not UTF-8"),
        (b"InvoiceNo,StockCode,Quantity\n1,2,3\n", "Description, InvoiceDate"),
        (b"InvoiceNo,StockCode,Quantity\n1,2,3\n", "InvoiceNo, StockCode, Quantity"),
    ],
)
def test_what_is_wrong_stands_at_the_field(cast, alice, content, words):
    file = None if content is None else SimpleUploadedFile("orders.csv", content)
    response = send(alice, file)
    page = response.content.decode()
    assert response.status_code == 422
    _before, at_the_field = page.split('id="id_file_error"')
    assert words in at_the_field.split("</div>")[0]
    assert count(cast.acme, OrderImport) == 0


def test_a_file_over_the_limit_is_refused_in_words(alice, settings):
    settings.ORDER_FILE_LIMIT = 2 * 2**20
    response = send(alice, SimpleUploadedFile("orders.csv", b"x" * (2 * 2**20 + 1)))
    assert response.status_code == 422
    assert "This file is larger than 2 MB." in response.content.decode()


def test_the_format_stays_chosen(alice, monkeypatch):
    formats = {"other": imports.FORMATS[FORMAT], FORMAT: imports.FORMATS[FORMAT]}
    monkeypatch.setattr("console.forms_imports.FORMATS", formats)
    page = send(alice, SimpleUploadedFile("orders.csv", b"")).content.decode()
    assert f'<option value="{FORMAT}" selected>' in page


def test_an_unknown_format_is_refused(alice):
    page = send(alice, order_file(), format="nonsense").content.decode()
    assert "nonsense is not one of the available choices" in page


def test_the_same_form_sent_twice_makes_one_import(cast, alice):
    key = new_key()
    first, second = (send(alice, order_file(), key=key) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert count(cast.acme, OrderImport) == 1


# --- the page of one file -----------------------------------------------------------------------


def test_import_is_started_once_however_often_the_button_is_pressed(cast, alice, checked):
    key = new_key()
    for _ in range(2):
        response = alice.post(page_of(checked, "start/"), {"key": key})
        assert response["Location"] == page_of(checked)
    assert "Waiting for a worker" in alice.get(page_of(checked)).content.decode()
    deliver_all()
    assert count(cast.acme, Order) == 2


def test_a_second_start_from_another_window_is_told_why_not(alice, checked):
    alice.post(page_of(checked, "start/"), {"key": new_key()})
    response = alice.post(page_of(checked, "start/"), {"key": new_key()}, follow=True)
    assert "waiting to start already" in response.content.decode()


def test_progress_shows_without_javascript_and_with_htmx(alice, checked):
    change(checked, status="running")
    progress_of(checked)(3, None)
    page = alice.get(page_of(checked)).content.decode()
    assert '<noscript><meta http-equiv="refresh"' in page
    assert "3 of 7 rows" in page
    bar = poll(alice, checked, "running")
    assert "3 of 7 rows" in bar.content.decode()
    assert "<html" not in bar.content.decode()


def test_htmx_loads_the_page_anew_when_the_status_changes(alice, checked, loaded):
    bar = poll(alice, loaded, "running")
    assert bar["HX-Refresh"] == "true"
    assert bar.content == b""
    change(loaded, status="running")
    assert poll(alice, loaded, "queued")["HX-Refresh"] == "true"
    assert "HX-Refresh" not in poll(alice, loaded, "running")


def test_the_result_leads_to_the_orders_and_the_rejects(alice, loaded):
    page = alice.get(page_of(loaded)).content.decode()
    assert "2 new orders are in." in page
    assert "2 rows rejected" in page
    assert 'href="/m/acme/orders/"' in page
    assert "noscript" not in page
    response = alice.get(page_of(loaded, "rejects/"))
    assert response["Content-Disposition"] == 'attachment; filename="orders rejects.csv"'
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert b"many" in b"".join(response.streaming_content)


def test_without_rejects_there_is_nothing_to_download(alice, checked):
    assert alice.get(page_of(checked, "rejects/")).status_code == 404


def test_what_stopped_says_why_and_can_be_tried_again(alice, checked):
    change(checked, status="failed", error="It took too long.")
    page = alice.get(page_of(checked)).content.decode()
    assert "It took too long. Nothing was loaded." in page
    assert "Try again" in page
    alice.post(page_of(checked, "start/"), {"key": new_key()})
    deliver_all()
    assert "2 new orders are in." in alice.get(page_of(checked)).content.decode()


def test_a_file_that_brings_nothing_new_has_no_button(alice, loaded):
    response = send(alice, order_file(*GOOD))
    page = alice.get(response["Location"]).content.decode()
    assert "Everything in this file is there already." in page
    assert "Import 2 orders" not in page


def test_orders_that_differ_are_named(alice, loaded):
    more = GOOD[0].replace("85123A", "99999X")
    response = send(alice, order_file(*GOOD, more))
    page = alice.get(response["Location"]).content.decode()
    assert "1 order is there already with other lines and stays as it is: 536365." in page


# --- who sees what ------------------------------------------------------------------------------


def test_the_list_is_newest_first_in_pages(cast, alice):
    with tenant(cast.acme.pk):
        for place in range(51):
            OrderImport.objects.create(
                merchant=cast.acme, file_name=f"orders-{place:02}.csv", format=FORMAT
            )
    first = alice.get(LIST).content.decode()
    assert first.index("orders-50.csv") < first.index("orders-01.csv")
    assert "orders-00.csv" not in first
    older = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    assert "orders-00.csv" in alice.get(LIST + older.replace("&amp;", "&")).content.decode()


def test_the_list_asks_the_same_queries_for_one_and_for_thirty(
    cast, alice, django_assert_max_num_queries
):
    with tenant(cast.acme.pk):
        for _ in range(30):
            OrderImport.objects.create(
                merchant=cast.acme, format=FORMAT, uploaded_by=cast.alice.user
            )
    alice.get(LIST)
    with django_assert_max_num_queries(16):
        alice.get(LIST)


def test_an_empty_list_calls_to_action_only_those_who_may(cast, alice, sign_in):
    assert UPLOAD in alice.get(LIST).content.decode()
    page = sign_in(cast.bob).get(LIST).content.decode()
    assert "No imports yet" in page
    assert UPLOAD not in page


def test_who_may_not_import_may_look(cast, checked, sign_in):
    bob = sign_in(cast.bob)
    page = bob.get(page_of(checked)).content.decode()
    assert "What will happen" in page
    assert "Import 2 orders" not in page
    assert bob.get(UPLOAD).status_code == 403
    assert bob.post(page_of(checked, "start/"), {"key": new_key()}).status_code == 403


def test_nobody_else_learns_of_an_import(cast, loaded, sign_in):
    charlie = sign_in(cast.charlie)
    for tail in ("", "rejects/"):
        foreign = f"/m/globex/imports/{loaded.public_id}/{tail}"
        missing = f"/m/globex/imports/{uuid.uuid4()}/{tail}"
        assert charlie.get(foreign).status_code == charlie.get(missing).status_code == 404
    assert charlie.post(f"/m/globex/imports/{loaded.public_id}/start/").status_code == 404
    assert sign_in(cast.vera).get(page_of(loaded)).status_code == 404
