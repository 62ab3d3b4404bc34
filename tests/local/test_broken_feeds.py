"""What breaks on the way from a sender to the log, end to end: held with its reason, told, and mended without a hand.

The steps' own functions on a real champion, a real log on disk, labels of their own and a real database of decisions. The
policy would train at every window, so that whatever does not train was held.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from components.contracts.prediction import EVENT_TIME, ID, TIME
from components.recording.serving import serving
from components.settings import Settings
from components.stores.registry import Registry
from components.stores.runs import Runs
from pipelines import library
from pipelines.replaying.offline import as_logged
from pipelines.replaying.rows import recorded, whole
from tests.world import World

pytestmark = pytest.mark.local

TRAINED = datetime(2010, 1, 1, tzinfo=UTC)
APRIL, FIRST, SECOND = (datetime(*day, 1, tzinfo=UTC) for day in ((2010, 4), (2010, 7), (2011, 1)))
CITIES = 46
EAGER = [
    "evaluation.bootstrap.resamples=100",
    "triggering={performance: null, elapsed: {every: 1 month}, cooldown: 0 days, budget: null}",
]


@pytest.fixture(scope="module")
def champion(workplace):
    """Of January 2010."""
    done = workplace.call(
        "run", "housing", "--as-of", f"{TRAINED:%Y-%m-%d}", "--set", "training.search.candidates=2"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return serving(Registry(Runs(workplace.settings), "housing")).champion()


@pytest.fixture(scope="module")
def said(workplace, champion) -> Callable[[datetime, datetime], tuple[pa.Table, pa.Table]]:
    """What the champion says to the rows of an interval, as the log keeps it, and what came of them."""
    entry = library.load("housing")
    rows = recorded(whole(entry, workplace.settings.data), "month_start")

    def between(start: datetime, end: datetime) -> tuple[pa.Table, pa.Table]:
        came = rows(start, end)
        log = as_logged(came, champion, entry)
        return log, pa.table(
            {"prediction": log[ID], "median_price": came["median_price"], "published": came["published"]}
        )

    return between


@pytest.fixture
def world(workplace, champion, tmp_path, monkeypatch) -> World:
    """Nothing logged, labelled or decided yet."""
    environment = {
        "EVERGREEN_HOME": str(workplace.folder / "home"),
        "EVERGREEN_DATA": str(workplace.folder / "data"),
        "EVERGREEN_PREDICTIONS": str(tmp_path / "log"),
        "EVERGREEN_DECISIONS": f"sqlite:///{tmp_path}/decisions.db",
        "EVERGREEN_ALERTS": str(tmp_path / "alerts.jsonl"),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    truth = f"{{tables: {{truth: '{tmp_path}/truth'}}, id: prediction}}"
    return World(tmp_path, Settings(_env_file=None), [*EAGER, f"monitoring.truth={truth}"])


def changed(log: pa.Table, name: str, change: Callable[[pa.ChunkedArray], object]) -> pa.Table:
    """The log with one column changed."""
    place = log.column_names.index(name)
    return log.set_column(place, log.field(place), change(log[name]))


def with_nulls(log: pa.Table) -> pa.Table:
    return changed(log, "inputs.listings_1", lambda column: pa.nulls(len(column), column.type))


def in_cents(log: pa.Table) -> pa.Table:
    return changed(log, "inputs.median_1", lambda column: pc.multiply(column, 1000))


def renamed(log: pa.Table) -> pa.Table:
    return changed(log, "inputs.city", lambda column: pc.utf8_upper(column))


def from_the_future(log: pa.Table) -> pa.Table:
    return changed(log, TIME, lambda column: pc.subtract(column, timedelta(days=2)))


def nothing(log: pa.Table) -> pa.Table:
    return log.slice(0, 0)


BREAKAGES = {
    "a column turns null": (with_nulls, "'listings_1' is null in 100% of the rows"),
    "a unit changes": (in_cents, "'median_1' is 1.09e+03 times as large as in the reference"),
    "a category is renamed": (
        renamed,
        "'city' has values that the reference does not know in 100% of the rows",
    ),
    "the clock jumps": (from_the_future, "are of a time after they were answered: a clock is wrong"),
    "the log is empty": (nothing, "nothing was served from 2010-01-01 to 2010-07-01"),
}


@pytest.mark.parametrize(("breaks", "why"), BREAKAGES.values(), ids=BREAKAGES.keys())
def test_a_feed_that_breaks_is_held_told_and_mended_without_a_hand(world, said, breaks, why):
    log, labels = said(TRAINED, FIRST)
    world.log(breaks(log))
    world.label(labels)

    held, _ = world.watch(FIRST)
    log, labels = said(FIRST, SECOND)
    world.log(log)
    world.label(labels)
    mended, _ = world.watch(SECOND)

    assert why in {reason.code: reason.message for reason in held.decision.reasons}["feed"]
    assert not held.decision.trains
    assert mended.decision.trains, mended.decision.reasons
    assert world.alerts()[-1:] == ["train"]
    assert "feed" in world.alerts()[:-1]


def test_a_log_without_any_file_is_held_where_labels_are_joined_by_key(world):
    world.changes[-1] = "monitoring.truth=null"

    held, collected = world.watch(FIRST)

    reasons = {reason.code: reason.message for reason in held.decision.reasons}
    assert "nothing was served from 2010-01-01 to 2010-07-01" in reasons["feed"]
    assert (held.decision.trains, collected.rows) == (False, 0)


def test_labels_that_stop_are_held_told_and_mended_when_they_come(world, said):
    log, labels = said(TRAINED, SECOND)
    world.log(log)
    world.label(before(labels, log, APRIL))

    held, _ = world.watch(FIRST)
    world.label(labels)
    mended, _ = world.watch(SECOND)

    reasons = {reason.code: reason.message for reason in held.decision.reasons}
    assert set(reasons) == {"labels"}
    assert "labels stopped: 0 of the latest 46" in reasons["labels"]
    assert mended.decision.trains, mended.decision.reasons
    assert world.alerts() == ["labels", "train"]


def test_rows_that_come_twice_count_once(world, said):
    log, labels = said(TRAINED, FIRST)
    for name in ("rows", "again"):
        world.log(log, name)
        world.label(labels)

    record, collected = world.watch(FIRST)

    assert (collected.rows, collected.duplicates) == (log.num_rows, log.num_rows)
    assert (collected.labelled, collected.label_duplicates) == (5 * CITIES, 5 * CITIES)
    assert record.decision.trains, record.decision.reasons


def test_labels_that_are_corrected_after_a_decision_leave_it_and_count_from_then_on(world, said):
    world.changes.append("monitoring.window=1 year")
    log, labels = said(datetime(2009, 7, 1, tzinfo=UTC), SECOND)
    world.log(log)
    world.label(before(labels, log, FIRST))
    first, _ = world.watch(FIRST)

    late = labels.set_column(1, "median_price", pc.add(labels["median_price"], 50_000.0))
    world.label(published(late, datetime(2010, 9, 1, tzinfo=UTC)))
    again, as_before = world.watch(FIRST)
    _, later = world.watch(SECOND)

    assert again == first
    assert as_before.corrected == 0
    inside = before(labels, log, FIRST).slice(6 * CITIES)
    assert later.corrected == inside.num_rows - inside["median_price"].null_count


def before(labels: pa.Table, log: pa.Table, instant: datetime) -> pa.Table:
    """The labels of rows before an instant."""
    return labels.filter(pc.less(log[EVENT_TIME], pa.scalar(instant, log.schema.field(EVENT_TIME).type)))


def published(labels: pa.Table, instant: datetime) -> pa.Table:
    """The labels as they became known at an instant."""
    place = labels.column_names.index("published")
    return labels.set_column(
        place, "published", pa.array([instant] * labels.num_rows, pa.timestamp("us", "UTC"))
    )
