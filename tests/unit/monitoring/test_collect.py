"""Labels that come late, twice, corrected, or not at all, joined to predictions that were logged once or twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from components.contracts.errors import UseCaseError
from components.contracts.monitoring import CollectionReport
from components.contracts.prediction import INSTANT
from components.contracts.sections import Table
from components.monitoring.collect import Labels, Span, counted, joined, label_counts
from components.stores.databases import engine

START = datetime(2013, 4, 1, tzinfo=UTC)
SPAN = Span(START, START + timedelta(days=8), "2 days")
TABLE = Table(
    task="classification", label="sold", event_time="at", available_time="known", key=("shop", "at")
)


def at(day: float) -> datetime:
    return START + timedelta(days=day)


def instants(days: list[float]) -> pa.Array:
    return pa.array([at(day) for day in days], INSTANT)


def predictions(days: list[float], version: str = "1", answered: float = 0.0) -> pa.Table:
    return pa.table(
        {
            "id": [f"p{place}" for place in range(len(days))],
            "time": instants([day + answered for day in days]),
            "event_time": instants(days),
            "version": [version] * len(days),
            "keys.shop": ["north"] * len(days),
        }
    )


def truth(days: list[float], sold: list[bool | None], known: list[float], **more) -> pa.Table:
    return pa.table(
        {"at": instants(days), "shop": ["north"] * len(days), "sold": sold, "known": instants(known), **more}
    )


def collected(served: pa.Table, labels: pa.Table, id_column: str | None = None):
    backend = engine()
    backend.con.register("served", served)
    backend.con.register("labels", labels)
    logged = backend.table("served")
    found = Labels.of(backend.table("labels"), TABLE, id_column, logged)
    rows = joined(logged, found, SPAN, "1")
    report = CollectionReport(
        start=SPAN.start,
        end=SPAN.end,
        use_case="shop",
        version="1",
        model="m",
        **counted(rows, SPAN),
        **label_counts(found, logged, SPAN),
    )
    return rows.order_by("id").to_pyarrow(), report


def test_labels_are_joined_by_key_and_time():
    rows, report = collected(predictions([1, 2, 3]), truth([3, 1], [True, False], [3.5, 1.25]))

    assert rows["truth"].to_pylist() == [False, None, True]
    assert (report.expected, report.labelled) == (3, 2)
    assert report.lateness_hours == pytest.approx((9.0, 11.7, 12.0))


def test_labels_are_joined_by_the_predictions_id():
    labels = truth([1, 1], [True, False], [2, 2], prediction=["p1", "p0"])

    rows, _ = collected(predictions([1, 2, 3]), labels, "prediction")

    assert rows["truth"].to_pylist() == [False, True, None]


def test_rows_that_are_too_young_are_not_missed():
    _, report = collected(predictions([1, 7, 7.5]), truth([1], [True], [2]))

    assert (report.rows, report.expected, report.labelled, report.coverage) == (3, 1, 1, 1.0)


def test_the_latest_of_corrected_labels_holds():
    rows, report = collected(predictions([1]), truth([1, 1], [True, False], [2, 3]))

    assert rows["truth"].to_pylist() == [False]
    assert (report.corrected, report.label_duplicates) == (1, 0)


def test_a_label_that_comes_twice_makes_no_second_row():
    rows, report = collected(predictions([1]), truth([1, 1], [True, True], [2, 3]))

    assert rows.num_rows == 1
    assert (report.corrected, report.label_duplicates) == (0, 1)


def test_labels_of_no_prediction_are_counted():
    _, report = collected(predictions([1]), truth([1, 4, 5], [True, True, False], [2, 5, 6]))

    assert report.unmatched == 2


def test_labels_by_id_of_other_windows_are_not_counted():
    labels = truth(
        [1, 1, 9, 9], [True, False, True, False], [2, 3, 9, 9], prediction=["p0", "p0", "old", "old"]
    )

    _, report = collected(predictions([1]), labels, "prediction")

    assert (report.corrected, report.unmatched) == (1, 0)


def test_predictions_of_other_versions_are_left_out():
    rows, _ = collected(predictions([1, 2], version="2"), truth([1], [True], [2]))

    assert rows.num_rows == 0


def test_labels_that_stopped_show_in_the_last_quarter():
    days = [0.5, 1, 2, 3, 5, 5.5]

    _, report = collected(predictions(days), truth(days[:4], [True] * 4, [4.0] * 4))

    assert (report.recent_expected, report.recent_labelled) == (2, 0)


def test_answers_before_their_event_are_counted():
    _, report = collected(predictions([1, 2], answered=-0.5), truth([1], [True], [2]))

    assert report.ahead == 2


def test_a_log_without_the_key_says_what_to_do():
    served = predictions([1]).drop_columns(["keys.shop"])

    with pytest.raises(UseCaseError, match=r"monitoring\.truth\.id"):
        collected(served, truth([1], [True], [2]))
