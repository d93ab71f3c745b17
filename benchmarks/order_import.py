"""How long a file of orders takes to load, against a plain COPY of its rows in the same run.

Goal (PERFORMANCE): at most 10 times a plain COPY. The measure is a table that keeps its rows, with
typed columns and nothing else: no key, no index, no constraint. The time of an untyped temporary
table, which the database neither logs nor keeps, is printed beside it.
"""

from __future__ import annotations

import argparse
import gzip
import io
import resource
import time
import uuid
from pathlib import Path

import psycopg
from django.conf import settings

from accounts.actor import Actor
from accounts.models import Merchant
from accounts.numbering import start_series
from actions.load_report import LoadReport
from actions.order_loading import load_orders
from benchmarks.desk_data import as_owner
from core.tenancy import tenant

GOAL = 10
GZIP_MAGIC = b"\x1f\x8b"


def run(arguments: list[str]) -> None:
    """Measure and print. Loads into a new merchant, then loads the same file again."""
    parser = argparse.ArgumentParser(prog="./dev bench import")
    parser.add_argument("--file", type=Path, default=default_file())
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args(arguments)
    data = unpacked(options.file.read_bytes())
    rows = data.count(b"\n") - 1
    print(f"{options.file.name}: {rows:,} rows, {len(data) / 1e6:.1f} MB")
    kept, fleeting = copy_seconds(data, options.repeat)
    print(f"plain COPY            {kept:8.2f} s   (best of {options.repeat})")
    print(f"… temporary, untyped  {fleeting:8.2f} s")
    merchant = new_merchant()
    report, seconds = load(merchant, data, options.file.name)
    ratio = seconds / kept
    print(f"first load            {seconds:8.2f} s   {ratio:5.1f} x COPY (goal {GOAL})")
    print(f"                      {report.rows / seconds:8,.0f} rows a second")
    _report, again = load(merchant, data, options.file.name)
    print(f"the same file again   {again:8.2f} s   {again / kept:5.1f} x COPY")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory           {peak:8.0f} MB")
    for title, figures in (("rows", report.counts), ("created", report.created)):
        print(title)
        for name, figure in figures.items():
            print(f"  {name.replace('_', ' '):<28}{figure:>12,}")


def default_file() -> Path:
    """The demo's file."""
    return next((settings.BASE_DIR / "demo").glob("*.csv.gz"))


def unpacked(data: bytes) -> bytes:
    """The bytes of the file without gzip."""
    return gzip.decompress(data) if data.startswith(GZIP_MAGIC) else data


TYPES = {"Quantity": "integer", "InvoiceDate": "timestamp", "UnitPrice": "numeric(18, 4)"}


def copy_seconds(data: bytes, repeat: int) -> tuple[float, float]:
    """Best seconds of a COPY into an ordinary typed table, and into a temporary one of texts."""
    heading = data.partition(b"\n")[0].decode().strip().split(",")
    typed = ", ".join(f'"{name}" {TYPES.get(name, "text")}' for name in heading)
    texts = ", ".join(f'"{name}" text' for name in heading)
    with as_owner() as connection:
        kept = [_copied(connection, f"TABLE plain ({typed})", data) for _time in range(repeat)]
        fleeting = [
            _copied(connection, f"TEMPORARY TABLE plain ({texts})", data) for _time in range(repeat)
        ]
    return min(kept), min(fleeting)


def _copied(connection: psycopg.Connection, table: str, data: bytes) -> float:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE {table}")
        connection.commit()
        started = time.perf_counter()
        with cursor.copy("COPY plain FROM STDIN WITH (FORMAT csv, HEADER)") as copy:
            for start in range(0, len(data), 1 << 20):
                copy.write(data[start : start + (1 << 20)])
        connection.commit()
        seconds = time.perf_counter() - started
        cursor.execute("DROP TABLE plain")
        connection.commit()
    return seconds


def new_merchant() -> Merchant:
    """A merchant nobody has loaded anything into."""
    with tenant(system=True):
        name = f"bench-{uuid.uuid4().hex[:12]}"
        merchant = Merchant.objects.create(slug=name, name=name)
    with tenant(merchant.pk):
        start_series(merchant)
    return merchant


def load(merchant: Merchant, data: bytes, name: str) -> tuple[LoadReport, float]:
    """The report of one load and the seconds until it is committed."""
    started = time.perf_counter()
    with tenant(merchant.pk):
        report = load_orders(
            Actor.system(merchant), io.BytesIO(data), format="online-retail", file_name=name
        )
    return report, time.perf_counter() - started
