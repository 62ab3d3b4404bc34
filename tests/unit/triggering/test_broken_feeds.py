"""Whatever breaks, the answer is the same: no training, and the reason that a person needs."""

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from components.contracts.monitoring import CollectionReport, DriftReport, PerformanceReport
from components.contracts.watching import Feed, Monitoring, OnDrift, Triggering
from components.monitoring.drift import shifts
from components.monitoring.feed import problems
from components.triggering.policy import decide
from components.triggering.signals import events
from tests.builders import estimate
from tests.unit.monitoring.conftest import DAILY, collection, served, watched

BEFORE, NOW = served(days=60), served(days=30, start=60)
EAGER = Triggering(drift=OnDrift(share=0.1), cooldown="0 days", budget=None)
BETTER = PerformanceReport(metric="roc_auc", rows=6_000, over_champion={"roc_auc": estimate(0.1, 0.05, 0.15)})


def with_column(name: str, values) -> pa.Table:
    return NOW.set_column(NOW.column_names.index(name), name, values)


def decided(now: pa.Table, collected: CollectionReport) -> list[set[str]]:
    """The reasons of every cause, where a fresh model would be better and drift is asked for."""
    columns = watched(BEFORE, now) if now.num_rows else []
    moved = DriftReport(
        rows=now.num_rows,
        reference_rows=BEFORE.num_rows,
        windows=8,
        shifts=shifts(columns, Monitoring().drift)[0],
        feed=problems(collected, columns, (), {}, Feed()),
    )
    found = events(collected, moved, BETTER, Monitoring(), EAGER, None)
    return [{reason.code for reason in decide(event, [], EAGER).reasons} for event in found]


BREAKAGES = {
    "a column turns null": with_column("inputs.size", pa.nulls(30 * DAILY, pa.float64())),
    "units change": with_column("inputs.size", pc.multiply(NOW["inputs.size"], 1000.0)),
    "a category is renamed": with_column(
        "inputs.colour", pc.replace_substring(NOW["inputs.colour"], "red", "rouge")
    ),
    "the clock jumps": pa.concat_tables([NOW.slice(0, 10 * DAILY), NOW.slice(20 * DAILY)]),
}


@pytest.mark.parametrize("broken", BREAKAGES.values(), ids=BREAKAGES.keys())
def test_a_broken_feed_trains_nothing(broken):
    assert all("feed" in reasons for reasons in decided(broken, collection()))


def test_an_empty_log_trains_nothing():
    nothing = collection(rows=0, expected=0, labelled=0, recent_expected=0, recent_labelled=0)

    assert all("feed" in reasons for reasons in decided(NOW.slice(0, 0), nothing))


def test_labels_that_stop_train_nothing():
    assert all("labels" in reasons for reasons in decided(NOW, collection(recent_labelled=0)))


def test_events_that_arrive_twice_change_nothing():
    assert decided(NOW, collection(duplicates=6_000)) == decided(NOW, collection())


def test_a_feed_that_is_whole_trains_by_what_it_shows():
    by_performance, by_drift = decided(NOW, collection())

    assert by_performance == set()
    assert by_drift == {"no-signal"}
