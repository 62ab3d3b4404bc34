"""What may not reach a model."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from components.contracts.errors import DataError
from components.contracts.sections import Leakage, Preparation, Table
from components.contracts.usecase import UseCase
from components.preparation.leakage import require_none
from components.preparation.parts import Parts
from tests.builders import schema, sections

N = 120
COLOURS = ("red", "blue", "green")


def rows(**columns) -> pa.Table:
    values = {
        "at": pa.array(np.arange(N) * 1_000_000).cast(pa.timestamp("us", "UTC")),
        "id": np.arange(N),
        "size": np.random.default_rng(0).normal(size=N),
        "colour": [COLOURS[i % 3] for i in range(N)],
        "sold": np.arange(N) % 2 == 0,
    }
    return pa.table({**values, **columns})


def parts(by: str = "time") -> Parts:
    return Parts(np.arange(80), np.arange(80, 100), np.arange(100, N), unlabelled=0, by=by)


def findings(table_rows: pa.Table, held: Parts | None = None, columns=None, **changes) -> tuple[str, ...]:
    case = UseCase.model_validate(sections())
    table = Table(**{**case.table.model_dump(), **changes})
    try:
        require_none(table_rows, held or parts(), table, schema(columns), case.preparation)
    except DataError as error:
        return error.reasons
    return ()


def test_sound_rows_have_no_findings():
    assert findings(rows()) == ()


def test_a_key_on_both_sides_is_found():
    (finding,) = findings(rows(id=[*range(110), *range(10)]))

    assert "10 values of the key (id) are in both train and test, as {'id': 0}" in finding


def test_a_key_of_several_columns_is_compared_as_a_whole():
    assert findings(rows(id=np.arange(N) % 60), key=("id", "at")) == ()
    assert findings(rows(id=np.arange(N) % 60), key=("id", "colour")) != ()


def test_duplicates_on_one_side_are_no_leak():
    assert findings(rows(id=[0, *range(N - 1)])) == ()


def test_a_group_on_both_sides_is_found_unless_the_split_is_by_time():
    assert findings(rows(), group="colour") == ()
    assert len(findings(rows(), parts("random"), group="colour")) == 3


def test_train_that_reaches_into_the_test_is_found():
    held = Parts(np.arange(0, 101), np.arange(101, 110), np.arange(100, N), unlabelled=0, by="time")

    assert "validation reaches into the time of test" in findings(rows(), held)


def test_every_finding_is_told_at_once():
    columns = [column.model_dump() for column in schema().columns]
    columns[3]["environments"] = ["training"]
    leaking = rows(size=(np.arange(N) % 2).astype(float), id=[*range(110), *range(10)])

    found = findings(leaking, columns=columns)

    assert len(found) == 3
    assert "'colour' is a feature, and the schema says that it does not exist at serving" in found[0]
    assert "'size' alone ranks 'sold' with 1.0000 (limit 0.98)" in found[2]


def test_a_feature_that_was_looked_at_may_be_good():
    case = UseCase.model_validate(sections())
    leaking = rows(size=(np.arange(N) % 2).astype(float))
    allowed = Preparation(features=case.preparation.features, leakage=Leakage(allowed=("size",)))

    scores = require_none(leaking, parts(), case.table, schema(), allowed)

    assert scores["size"] == 1.0


@pytest.mark.parametrize("limit", [0.6, 0.98])
def test_the_limit_decides(limit):
    case = UseCase.model_validate(sections())
    size = np.arange(N) % 2 + np.random.default_rng(0).normal(size=N)
    section = Preparation(features=case.preparation.features, leakage=Leakage(max_single_score=limit))

    if limit == 0.6:
        with pytest.raises(DataError, match="'size' alone ranks"):
            require_none(rows(size=size), parts(), case.table, schema(), section)
    else:
        assert 0.6 < require_none(rows(size=size), parts(), case.table, schema(), section)["size"] < 0.98
