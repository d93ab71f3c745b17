"""`manage.py import_orders` (F3)."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from core.tenancy import tenant
from orders.models import Order
from tests.cast import Cast

pytestmark = pytest.mark.django_db

FILE = """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,WHITE HANGING HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
536365,71053,WHITE METAL LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom
536366,22633,=HAND WARMER,0,2010-12-01 08:28:00,1.85,17850.0,United Kingdom
C536379,71053,WHITE METAL LANTERN,-2,2010-12-02 08:26:00,3.39,17850.0,United Kingdom
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv.gz"
    path.write_bytes(gzip.compress(FILE.encode()))
    return path


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("import_orders", *arguments, stdout=out)
    return out.getvalue()


def at_acme(file: Path, *more: str) -> tuple[str, ...]:
    return (str(file), "--merchant", "acme", "--format", "online-retail", *more)


def test_json_has_counts_that_sum_to_the_rows(cast: Cast, file: Path) -> None:
    report = json.loads(run(*at_acme(file, "--json")))
    assert report["rows"] == sum(report["counts"].values()) == 4
    assert report["created"]["orders"] == 1
    assert report["created"]["returns"] == 1
    with tenant(cast.acme.pk):
        assert Order.objects.get().returned_units == 2


def test_a_dry_run_reports_the_same_and_loads_nothing(cast: Cast, file: Path) -> None:
    dry = json.loads(run(*at_acme(file, "--json", "--dry-run")))
    with tenant(cast.acme.pk):
        assert not Order.objects.exists()
    real = json.loads(run(*at_acme(file, "--json")))
    assert dry["created"] == real["created"]


def test_the_second_time_nothing_is_created(cast: Cast, file: Path) -> None:
    run(*at_acme(file))
    again = json.loads(run(*at_acme(file, "--json")))
    assert set(again["created"].values()) == {0}
    assert again["existing"]["orders"] == 1


def test_rejects_go_to_a_file_that_no_spreadsheet_runs(
    cast: Cast, file: Path, tmp_path: Path
) -> None:
    rejects = tmp_path / "rejects.csv"
    table = run(*at_acme(file, "--rejects", str(rejects)))
    assert "stock corrections" in table
    lines = rejects.read_text().splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("4,")
    assert "'=HAND WARMER" in lines[1]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--merchant", "nobody", "--format", "online-retail"), "There is no merchant nobody."),
        (("--merchant", "acme", "--format", "shopify"), "is not a known format"),
    ],
)
def test_what_is_not_there_is_named(
    cast: Cast, file: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence):
        run(str(file), *arguments)


def test_a_file_that_is_not_there_is_named(cast: Cast, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        run(*at_acme(tmp_path / "nothing.csv"))
