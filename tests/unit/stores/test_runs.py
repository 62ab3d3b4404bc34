"""The metadata store, on a database of its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from components.contracts.errors import StoreError
from components.stores.runs import Runs, flat
from tests.builders import header


def test_a_run_is_in_the_history_from_its_start(runs):
    runs.open(header("r1"))

    (run,) = runs.history("shop")

    assert (run.run, run.status, run.cause, run.code) == ("r1", "running", "manual", "abc")


def test_opening_a_run_twice_makes_one(runs):
    assert runs.open(header("r1")) == runs.open(header("r1"))
    assert len(runs.history("shop")) == 1


def test_a_failed_run_keeps_its_reason(runs):
    runs.open(header("r1"))

    runs.close("shop", "r1", succeeded=False, reason="extract: no rows")

    (run,) = runs.history("shop")
    assert (run.status, run.reasons) == ("failed", ("extract: no rows",))


def test_history_is_latest_first_and_by_use_case(runs):
    for name in ("r1", "r2"):
        runs.open(header(name))
    runs.open(header("other", use_case="cafe"))

    assert [run.run for run in runs.history("shop")] == ["r2", "r1"]


def test_a_use_case_that_never_ran_has_no_history(runs):
    assert runs.history("nobody") == ()


def test_a_run_is_found_by_how_its_id_begins(runs):
    runs.open(header("20130301-aa"))
    runs.open(header("20130302-bb"))

    assert runs.find("20130302").run == "20130302-bb"


@pytest.mark.parametrize(("start", "message"), [("9", "no run has"), ("2013", "2 runs have")])
def test_an_id_that_names_no_single_run_is_refused(runs, start, message):
    runs.open(header("20130301-aa"))
    runs.open(header("20130302-bb"))

    with pytest.raises(StoreError, match=message):
        runs.find(start)


def test_configuration_is_kept_and_searchable(runs):
    runs.open(header("r1"))

    assert runs.config(runs.find("r1")) == {"training.seed": "7"}


def test_metrics_that_are_not_finite_are_left_out(runs):
    run_id = runs.open(header("r1"))

    runs.log(run_id, {}, {"good": 0.5, "nan": float("nan"), "inf": float("inf")})

    assert runs.find("r1").metrics == {"good": 0.5}


def test_statistics_of_the_latest_other_snapshot_are_the_reference(runs):
    for run, snapshot in (("r1", "a"), ("r2", "b"), ("r3", "b")):
        runs.log(runs.open(header(run)), {"snapshot": snapshot, "statistics": f"{snapshot}.json"}, {})
        runs.close("shop", run, succeeded=True)

    assert runs.latest_statistics("shop", other_than="b") == "a.json"
    assert runs.latest_statistics("shop", other_than="c") == "b.json"


def test_a_failed_run_leaves_no_reference(runs):
    runs.log(runs.open(header("r1")), {"snapshot": "a", "statistics": "a.json"}, {})
    runs.close("shop", "r1", succeeded=False)

    assert runs.latest_statistics("shop", other_than="b") == ""


def test_runs_that_begin_at_once_do_not_disturb_each_other(settings):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: Runs(settings).open(header(f"r{number}")), range(8)))

    assert len(Runs(settings).history("shop")) == 8


@pytest.mark.parametrize("scheme", ["nowhere", "postgresql"])
def test_a_store_that_cannot_be_used_is_named_without_its_password(settings, scheme):
    broken = settings.model_copy(update={"tracking_uri": f"{scheme}://me:secret@localhost:1/db"})

    with pytest.raises(StoreError, match=f"(?s){scheme}://.*EVERGREEN_TRACKING_URI") as caught:
        Runs(broken)

    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_named(settings):
    settings.home.mkdir()
    (settings.home / "mlflow.db").write_text("not a database")

    with pytest.raises(StoreError, match=r"mlflow.db cannot be used: .*file is not a database"):
        Runs(settings)


def test_nested_configuration_becomes_dotted_names():
    assert flat({"a": {"b": {"c": 1}}, "d": [1, 2], "e": {}}) == {"a.b.c": "1", "d": "[1, 2]", "e": "{}"}
