"""The compiled prediction pipeline on this machine, as a user runs it: rows of a window to predictions."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.local

AS_OF = ("--as-of", "2010-01-01")
MONTH = (*AS_OF, "--ahead", "--window", "1 month")
FAST = ("--set", "training.search.candidates=1", "--set", "evaluation.bootstrap.resamples=100")


@pytest.fixture(scope="module")
def untrained(workplace):
    """What is said while there is no champion."""
    return workplace.call("score", "housing", *MONTH)


@pytest.fixture(scope="module")
def champion(untrained, ran):
    """The run that made the champion."""
    return ran("housing", *AS_OF, *FAST)[1]


def predictions(printed: str):
    """The rows at the address that was printed last."""
    return pq.read_table(printed.split()[-1])


def test_without_a_champion_it_says_how_to_get_one(untrained):
    assert untrained.returncode == 1
    assert "housing has no champion yet; train one with `evergreen run housing`" in untrained.stderr
    assert "Traceback" not in untrained.stderr


def test_the_month_that_begins_is_scored_before_its_outcome_is_known(champion, workplace):
    done = workplace.call("score", "housing", *MONTH)
    found = predictions(done.stdout)

    assert done.returncode == 0, done.stderr
    assert {f"{at:%Y-%m-%d}" for at in found["event_time"].to_pylist()} == {"2010-01-01"}
    assert len(set(found["keys.city"].to_pylist())) == found.num_rows == 46
    assert found["outputs.value"].null_count == 0
    assert set(found["version"].to_pylist()) == {champion.version}


def test_a_version_that_is_not_there_is_named(champion, workplace):
    done = workplace.call("score", "housing", *MONTH, "--version", "9")

    assert done.returncode == 1
    assert "housing has no version 9" in done.stderr
