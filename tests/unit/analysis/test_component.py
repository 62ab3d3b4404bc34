from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from kfp.dsl import HTML, Artifact

from components.analysis.component import analyze
from components.contracts.errors import DataError, StoreError
from components.contracts.reports import AnalysisReport, Statistics
from components.stores.snapshots import write

COLUMNS = [
    {"name": "id", "type": "int64", "unique": True},
    {"name": "size", "type": "float64", "max": 10.0, "drift": {"warn": 0.2, "stop": 1.0}},
    {"name": "sold", "type": "boolean"},
]
GOOD = [float(number % 10) for number in range(400)]


def snapshot(folder: Path, sizes: list[float]) -> str:
    rows = len(sizes)
    table = pa.table({"id": range(rows), "size": sizes, "sold": [number % 2 == 0 for number in range(rows)]})
    return write(table.to_reader(), str(folder)).uri


def run(place: Path, address: str, reference: str = "") -> dict[str, Path]:
    place.mkdir()
    files = {name: place / name for name in ("statistics", "report", "page")}
    analyze.python_func(
        snapshot=address,
        table={"task": "classification", "label": "sold", "key": ["id"]},
        schema={"columns": COLUMNS},
        analysis={},
        reference=reference,
        statistics=Artifact(uri=str(files["statistics"])),
        report=Artifact(uri=str(files["report"])),
        page=HTML(uri=str(files["page"])),
    )
    return files


def test_good_rows_pass_and_leave_statistics_report_and_page(tmp_path):
    files = run(tmp_path / "run", snapshot(tmp_path / "store", GOOD))

    assert Statistics.read(files["statistics"]).rows == 400
    assert AnalysisReport.read(files["report"]).anomalies == ()
    assert "may be trained on" in files["page"].read_text()


def test_bad_rows_stop_the_run_with_every_reason_after_everything_is_written(tmp_path):
    good = run(tmp_path / "first", snapshot(tmp_path / "store", GOOD))
    bad = snapshot(tmp_path / "store", [50.0] * 399 + [float("nan")])
    with pytest.raises(DataError) as refusal:
        run(tmp_path / "second", bad, reference=str(good["statistics"]))

    assert [reason.split(";")[0] for reason in refusal.value.reasons] == [
        "'size' must be at most 10",
        "'size' is NaN or infinite in 1 of 400 rows",
        "'size' moved from the reference snapshot by a PSI of 11, a distance of 16 standard deviations",
    ]
    assert str(tmp_path / "second" / "page") in str(refusal.value)
    report = AnalysisReport.read(tmp_path / "second" / "report")
    assert [anomaly.check for anomaly in report.errors] == ["max", "finite", "drift"]
    assert "may not be trained on" in (tmp_path / "second" / "page").read_text()


def test_the_same_snapshot_gives_the_same_bytes(tmp_path):
    address = snapshot(tmp_path / "store", GOOD)
    first = run(tmp_path / "first", address)
    second, third = (run(tmp_path / name, address, str(first["statistics"])) for name in ("second", "third"))

    assert [path.read_bytes() for path in second.values()] == [path.read_bytes() for path in third.values()]


def test_a_snapshot_that_is_gone_is_a_clear_error(tmp_path):
    with pytest.raises(StoreError, match="gone"):
        run(tmp_path / "run", str(tmp_path / "gone"))
