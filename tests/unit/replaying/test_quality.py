"""What was served is measured by the log, and what others would have answered on the same rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from components.contracts.errors import DataError
from components.contracts.model import ModelManifest
from pipelines.library import Entry
from pipelines.replaying.quality import Judge
from pipelines.replaying.rest import ID_SENT, as_requested
from tests.builders import schema, use_case

JANUARY, FEBRUARY = (datetime(2013, month, 1, tzinfo=UTC) for month in (1, 2))
CASE = use_case(
    table={"task": "regression", "label": "size", "event_time": "at", "key": ["id"]},
    preparation={"features": {"categorical": ["colour"]}},
    validation={"gates": [{"metric": "rmse", "bound": 100}]},
)
ENTRY = Entry(CASE, schema(), Path("shop.yaml"))
MANIFEST = ModelManifest(task="regression", label="size", inputs=(), algorithm="linear", snapshot="")
AT = pa.array([JANUARY, JANUARY, FEBRUARY, FEBRUARY], pa.timestamp("us", "UTC"))
SENT = pa.table({"at": AT, "id": [1, 2, 3, 4], "size": [1.0, 1.0, 1.0, 1.0], ID_SENT: list("abcd")})
LOG = pa.table({"id": list("dcba"), "version": ["2", "2", "1", "1"], "outputs.value": [1.0, 1.0, 3.0, 3.0]})


@dataclass(frozen=True)
class Says:
    """A model that always says the same."""

    value: float
    manifest: ModelManifest = MANIFEST

    def scores(self, rows: pa.Table) -> np.ndarray:
        return np.full(rows.num_rows, self.value)


def judge(log: pa.Table = LOG) -> Judge:
    return Judge.of(ENTRY, "rmse", [SENT], log)


def test_served_answers_are_those_of_the_log_by_id():
    served = judge().served({"1": MANIFEST, "2": MANIFEST})

    assert served == {JANUARY: 2.0, FEBRUARY: 0.0}


def test_a_model_answers_from_its_instant_on():
    assert judge().would_have([Says(4.0), Says(2.0)], [JANUARY, FEBRUARY]) == {JANUARY: 3.0, FEBRUARY: 1.0}
    assert judge().would_have([Says(4.0)], [JANUARY]) == {JANUARY: 3.0, FEBRUARY: 3.0}


def test_rows_that_are_not_in_the_log_are_judged_for_nobody():
    only_february = judge(LOG.slice(0, 2))

    assert only_february.would_have([Says(4.0)], [JANUARY]) == {FEBRUARY: 3.0}


def test_an_empty_log_judges_nothing():
    with pytest.raises(DataError, match="in the prediction log"):
        judge(LOG.slice(0, 0))


def test_rows_are_sent_as_a_client_would():
    rows = pa.table({"at": AT.slice(0, 1), "size": [float("nan")], "colour": ["red"], "sold": [True]})

    assert as_requested(rows, ["at", "size", "colour"]) == [
        {"at": "2013-01-01T00:00:00+00:00", "size": None, "colour": "red"}
    ]
