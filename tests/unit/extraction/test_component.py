import json

import pytest
from kfp.dsl import Artifact

from components.contracts.reports import ExtractionReport
from components.extraction.component import extract
from components.stores import snapshots


def test_the_step_returns_the_snapshot_and_writes_its_report(tmp_path, monkeypatch):
    monkeypatch.setenv("EVERGREEN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EVERGREEN_DATA", str(tmp_path))
    (tmp_path / "t.csv").write_text("at,id,y\n2013-01-01,1,2.5\n2013-03-01,2,3.5\n")
    columns = [
        {"name": "at", "type": "date"},
        {"name": "id", "type": "int64"},
        {"name": "y", "type": "float64"},
    ]
    arguments = {
        "table": {"task": "regression", "label": "y", "event_time": "at", "key": ["id"]},
        "schema": {"columns": columns},
        "extraction": {"tables": {"t": "t.csv"}},
        "as_of": "2013-02-01",
    }

    address = extract.python_func(
        **json.loads(json.dumps(arguments)),
        report=Artifact(uri=str(tmp_path / "report.json")),
        views=str(tmp_path / "views"),
    )

    report = ExtractionReport.read(tmp_path / "report.json")
    assert address == report.snapshot == f"{tmp_path}/home/store/snapshots/{report.digest}"
    assert snapshots.read(address)["y"].to_pylist() == [2.5]
    assert (report.rows, report.after_window) == (1, 1)


def test_the_step_needs_an_instant(tmp_path):
    from components.contracts.errors import UseCaseError

    with pytest.raises(UseCaseError, match="as_of is 'tomorrow'"):
        extract.python_func(
            table={"task": "regression", "label": "y"},
            schema={"columns": [{"name": "y", "type": "int64"}]},
            extraction={"tables": {"t": "t.csv"}},
            as_of="tomorrow",
            report=Artifact(uri=str(tmp_path / "report.json")),
            views=str(tmp_path / "views"),
        )
