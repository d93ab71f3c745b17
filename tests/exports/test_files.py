"""Files written in the background: CSV and XLSX alike, within their limits, with little memory."""

from __future__ import annotations

import csv
import io
import tracemalloc
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from core.errors import Refused
from core.tenancy import tenant
from exports import files
from exports.files import Files
from returns.exporting import Grain, exporter
from returns.models import ExportJob, Return
from tests.factories import CustomerFactory, OrderFactory, ReturnFactory, at

pytestmark = pytest.mark.django_db

COLUMNS = ["number", "requested", "customer_name", "units", "adjustment", "note"]


def written(merchant, told=None, **job):
    """The bytes of a job's file, and how many rows the writer says it has."""
    job = ExportJob(
        merchant=merchant, name="Mine", **{"grain": "return", "columns": COLUMNS, **job}
    )
    file = io.BytesIO()
    with tenant(merchant.pk):
        rows = Files().write(job, file, told or (lambda rows, total: None))
    return file.getvalue(), rows


def sheet(content):
    """The rows of a workbook."""
    book = load_workbook(io.BytesIO(content))
    return list(book.worksheets[0].iter_rows())


@pytest.fixture
def two(cast):
    """Two returns of Acme in two currencies, with a nasty note; and one of Globex."""
    order = OrderFactory(merchant=cast.acme, customer=CustomerFactory(merchant=cast.acme, name="A"))
    ReturnFactory(
        merchant=cast.acme, order=order, number="R-1", note="=1+1\x01", unit_count=3,
        currency="JPY", refund_items=9, refund_adjustment=-7, requested_at=at("2026-07-01 22:30"),
    )  # fmt: skip
    ReturnFactory(
        merchant=cast.acme, order=order, number="R-2", refund_items=9,
        refund_adjustment=Decimal("-1.5"), requested_at=at("2026-07-01 22:31:05.9"),
    )  # fmt: skip
    ReturnFactory(merchant=cast.globex, number="THEIRS")


def test_the_house_knows_who_writes():
    assert isinstance(exporter(), Files)
    assert set(COLUMNS) < set(exporter().columns(Grain.RETURN))


def test_csv(cast, two):
    content, rows = written(cast.acme, format="csv")
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert rows == 2
    assert lines == [
        ["Return", "Requested", "Customer", "Units", "Adjustment", "Note"],
        ["R-2", "2026-07-01 23:31:05", "A", "0", "-1.50", ""],
        ["R-1", "2026-07-01 23:30:00", "A", "3", "-7", "'=1+1\x01"],
    ]


def test_xlsx_holds_the_same_as_numbers_and_moments(cast, two):
    content, rows = written(cast.acme, format="xlsx")
    assert rows == 2
    heading, second, first = sheet(content)
    assert [cell.value for cell in heading] == [
        "Return", "Requested", "Customer", "Units", "Adjustment", "Note",
    ]  # fmt: skip
    assert [cell.value for cell in first] == [
        "R-1", at("2026-07-01 23:30").replace(tzinfo=None), "A", 3, -7, "'=1+1",
    ]  # fmt: skip
    assert second[4].value == Decimal("-1.5")
    assert (first[4].number_format, second[4].number_format) == ("0", "0.00")
    assert "f" not in {cell.data_type for row in (first, second) for cell in row}


def test_no_rows_make_a_file_with_a_heading(cast):
    for kind in ("csv", "xlsx"):
        content, rows = written(cast.acme, format=kind, query="status=nonsense")
        assert rows == 0
        assert content
    assert len(sheet(content)) == 1


def test_a_sheet_that_is_too_small_is_told_so(cast, two, monkeypatch):
    monkeypatch.setattr(files, "LARGEST_SHEET", 1)
    with pytest.raises(Refused, match=r"2 rows match, and one Excel sheet holds 1\. Choose CSV"):
        written(cast.acme, format="xlsx")
    assert written(cast.acme, format="csv")[1] == 2


def test_people_hear_how_far_it_is(cast, two, monkeypatch):
    monkeypatch.setattr(files, "SHOWN_EVERY_NS", 0)
    heard = []
    for kind in ("csv", "xlsx"):
        written(cast.acme, lambda *far: heard.append(far), format=kind)
        assert heard.pop() == (2, 2)


@pytest.mark.parametrize(("kind", "most"), [("csv", 1_500_000), ("xlsx", 9_000_000)])
def test_memory_does_not_grow_with_the_file(cast, kind, most):
    order = OrderFactory(merchant=cast.acme)
    with tenant(cast.acme.pk):
        Return.objects.bulk_create(
            Return(
                merchant=cast.acme,
                order=order,
                channel=order.channel,
                number=f"R{place}",
                currency="GBP",
                note=f"{place} " + "x" * 2000,
            )
            for place in range(6000)
        )
    tracemalloc.start()
    _content, rows = written(cast.acme, format=kind, columns=["number", "note"])
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert rows == 6000
    # The file itself is kept in memory by this test; a workbook is packed.
    assert peak - (13_000_000 if kind == "csv" else 0) < most
