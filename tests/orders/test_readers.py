"""Readers of order files: pure, streaming, and plain about what they cannot use (F3)."""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import datetime
from decimal import Decimal

import pytest

from core.errors import Refused
from orders.readers import FORMATS, online_retail
from orders.readers.base import Batch, Reason, Reject, RowKind, Stretch

HEADING = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
LAMP = "536365,85123A,WHITE LANTERN,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom"


def file(*rows: str, heading: str = HEADING) -> bytes:
    return "\n".join([heading, *rows, ""]).encode()


def read(data: bytes) -> Batch:
    """All batches of the file as one."""
    whole = Batch()
    for batch in FORMATS["online-retail"].read(io.BytesIO(data)):
        whole.stretches += batch.stretches
        whole.rejects += batch.rejects
        whole.rows += batch.rows
    return whole


def rejected(*rows: str) -> list[Reject]:
    return read(file(*rows)).rejects


def refusal(data: bytes) -> str:
    with pytest.raises(Refused) as refused:
        read(data)
    return str(refused.value.message)


def row(**changes: str) -> str:
    values = dict(zip(HEADING.split(","), LAMP.split(","), strict=True)) | changes
    return ",".join(values.values())


def lines_of(stretch: Stretch) -> list[int]:
    return [line for line, *_rest in stretch.sold]


# --- rows ---------------------------------------------------------------------------------------


def test_a_row_is_read_with_its_invoice():
    (stretch,) = read(file(LAMP)).stretches
    ((line, kind, sku, title, amount),) = stretch.sold
    assert (stretch.invoice, stretch.customer, stretch.country) == (
        "536365",
        "17850",
        "United Kingdom",
    )
    assert stretch.placed_at == datetime(2010, 12, 1, 8, 26)  # noqa: DTZ001
    assert (line, kind, sku, title) == (2, RowKind.GOODS, "85123A", "WHITE LANTERN")
    assert (amount.quantity, amount.unit_price) == (6, Decimal("2.55"))


def test_rows_of_one_invoice_stand_together_until_another_comes_between():
    found = read(file(LAMP, row(StockCode="71053"), row(InvoiceNo="536366"), LAMP)).stretches
    assert [(one.invoice, lines_of(one)) for one in found] == [
        ("536365", [2, 3]),
        ("536366", [4]),
        ("536365", [5]),
    ]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("85123A", RowKind.GOODS),
        ("POST", RowKind.SHIPPING),
        ("DOT", RowKind.SHIPPING),
        ("C2", RowKind.SHIPPING),
        ("D", RowKind.DISCOUNT),
        ("BANK CHARGES", RowKind.FEE),
        ("AMAZONFEE", RowKind.FEE),
        ("CRUK", RowKind.FEE),
        ("M", RowKind.OTHER),
        ("gift_0001_20", RowKind.OTHER),
    ],
)
def test_goods_begin_with_a_digit_and_everything_else_is_a_charge(code, kind):
    assert read(file(row(StockCode=code))).stretches[0].sold[0][1] is kind


def test_cancellations_keep_their_columns_for_the_list_of_rejects():
    (stretch,) = read(file(row(InvoiceNo="C536379", Quantity="-2"))).stretches
    assert stretch.is_cancellation
    assert stretch.taken_back[0].amount.quantity == -2
    assert stretch.taken_back[0].raw[0] == "C536379"


@pytest.mark.parametrize(
    ("changes", "column", "reason"),
    [
        ({"Quantity": "0"}, "Quantity", Reason.STOCK_CORRECTION),
        ({"Quantity": "-3"}, "Quantity", Reason.STOCK_CORRECTION),
        ({"InvoiceNo": "A563185", "StockCode": "B"}, "InvoiceNo", Reason.BAD_DEBT),
        (
            {"InvoiceNo": "C1", "Quantity": "-1", "StockCode": "POST", "CustomerID": ""},
            "StockCode",
            Reason.RETURN_OF_CHARGE,
        ),
        (
            {"InvoiceNo": "C1", "Quantity": "-1", "CustomerID": ""},
            "CustomerID",
            Reason.RETURN_WITHOUT_CUSTOMER,
        ),
        ({"InvoiceNo": "C1", "Quantity": "1"}, "Quantity", Reason.NOT_TAKEN_BACK),
        ({"InvoiceNo": ""}, "InvoiceNo", Reason.MISSING),
        ({"InvoiceNo": "5" * 41}, "InvoiceNo", Reason.TOO_LONG),
        ({"StockCode": " "}, "StockCode", Reason.MISSING),
        ({"Quantity": "six"}, "Quantity", Reason.NOT_WHOLE),
        ({"Quantity": "1.5"}, "Quantity", Reason.NOT_WHOLE),
        ({"Quantity": "1000001"}, "Quantity", Reason.TOO_MANY),
        ({"UnitPrice": "2,50"}, None, Reason.COLUMNS),
        ({"UnitPrice": "free"}, "UnitPrice", Reason.NOT_A_PRICE),
        ({"UnitPrice": "nan"}, "UnitPrice", Reason.NOT_A_PRICE),
        ({"UnitPrice": "-1"}, "UnitPrice", Reason.NEGATIVE_PRICE),
        ({"UnitPrice": "0.00001"}, "UnitPrice", Reason.PRICE_TOO_FINE),
        ({"UnitPrice": "1e9"}, "UnitPrice", Reason.PRICE_TOO_HIGH),
        ({"InvoiceDate": "31/12/2010"}, "InvoiceDate", Reason.NOT_A_DATE),
        ({"InvoiceDate": "0001-01-01 00:00:00"}, "InvoiceDate", Reason.NOT_A_DATE),
        ({"CustomerID": "9" * 41}, "CustomerID", Reason.TOO_LONG),
    ],
)
def test_a_row_that_cannot_be_used_is_listed_with_line_column_and_reason(changes, column, reason):
    found = read(file(LAMP, row(**changes), LAMP))
    (reject,) = found.rejects
    assert (reject.line, reject.column, reject.reason) == (3, column or "", reason)
    assert reject.sentence
    assert "%(" not in reject.sentence
    assert found.rows == 3
    assert sum(len(stretch.sold) for stretch in found.stretches) == 2


def test_charges_may_have_no_units_and_are_no_stock_correction():
    assert rejected(row(StockCode="DCGS0003", Quantity="-1", UnitPrice="0")) == []


# --- lines --------------------------------------------------------------------------------------


def test_lines_are_those_of_the_file_although_values_hold_line_breaks(monkeypatch):
    monkeypatch.setattr(online_retail, "BATCH_ROWS", 3)
    broken = row(Description='"TWO\r\nLINES"')
    found = read(file(broken, LAMP, "", row(Quantity="x"), broken, row(Quantity="y")))
    assert lines_of(found.stretches[0]) == [2, 4]
    assert [one.line for one in found.rejects] == [6, 9]


def test_batches_are_small_and_nothing_is_lost_between_them():
    many = [row(InvoiceNo=str(number // 7)) for number in range(1000)]
    batches = list(FORMATS["online-retail"].read(io.BytesIO(file(*many))))
    assert len(batches) > 1
    assert sum(batch.rows for batch in batches) == 1000
    lines = [line for batch in batches for stretch in batch.stretches for line in lines_of(stretch)]
    assert lines == list(range(2, 1002))


# --- files --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        file(LAMP),
        b"\xef\xbb\xbf" + file(LAMP),
        file(LAMP).replace(b"\n", b"\r\n"),
        gzip.compress(file(LAMP)),
        file(
            "United Kingdom,x,536365,85123A,WHITE LANTERN,6,2010-12-01T08:26,2.55,17850",
            heading="Country,More,InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice"
            ",CustomerID",
        ),
    ],
    ids=["plain", "with a mark", "from Windows", "gzipped", "in another order"],
)
def test_files_come_in_many_shapes(data):
    (stretch,) = read(data).stretches
    assert (stretch.invoice, stretch.customer) == ("536365", "17850")
    assert stretch.sold[0][2] == "85123A"


def test_a_source_that_cannot_be_rewound_is_enough():
    class Pipe:
        def __init__(self, data: bytes) -> None:
            self._data = io.BytesIO(data)

        def read(self, size: int) -> bytes:
            return self._data.read(min(size, 11))

    batches = list(FORMATS["online-retail"].read(Pipe(gzip.compress(file(LAMP)))))
    assert sum(batch.rows for batch in batches) == 1


def excel() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return data.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "The file is empty"),
        (b"\n\n", "The file is empty"),
        (file(), "no rows"),
        (excel(), "spreadsheet or ZIP"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "spreadsheet or ZIP"),
        (gzip.compress(excel()), "spreadsheet or ZIP"),
        (b"\xff\xfe" + HEADING.encode("utf-16-le"), "UTF-16"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "not a text file"),
        (gzip.compress(file(LAMP))[:-20], "damaged"),
        (b"\x1f\x8bnothing of the kind", "damaged"),
        (file(LAMP, LAMP.replace("WHITE", "\xa3")).decode().encode("latin-1"), "Line 3"),
        (file(*[LAMP] * 9000, LAMP + "\0"), "Line 9002"),
        (file(LAMP, row(Description='"' + "x" * 140_000)), "quotation mark"),
    ],
    ids=range(13),
)
def test_a_file_that_cannot_be_used_is_refused_in_a_plain_sentence(data, said):
    assert said in refusal(data)


def test_a_missing_column_is_named_beside_those_there_are():
    said = refusal(file(LAMP, heading=HEADING.replace("UnitPrice", "Price")))
    assert "lacks UnitPrice" in said
    assert "StockCode" in said
    assert "Price" in said
