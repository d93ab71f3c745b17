"""Every path of the benchmarks still runs, at 1,000 returns; what it costs is not judged here."""

from __future__ import annotations

import pytest

from benchmarks import desk, desk_data, export

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def test_the_desk_is_measured_path_by_path(capsys, monkeypatch):
    monkeypatch.setattr(desk_data, "MERCHANTS", 3)
    desk.run(["--returns", "1000", "--repeat", "1"])
    printed = capsys.readouterr().out
    for path in ("overview, page 1", "filtered", "searched", "detail", "create", "CSV of"):
        assert path in printed
    again = desk_data.data_set(1000)
    assert again.hot.slug == "bench-1000-0"


def test_the_export_is_measured(capsys):
    export.run(["--returns", "200", "--repeat", "1"])
    assert "plain COPY" in capsys.readouterr().out
