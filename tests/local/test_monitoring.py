"""The loop on this machine, as a user runs it: a model serves, its world changes or breaks, and training follows or not."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from components.stores.decisions import Decisions
from components.stores.watch import folder
from pipelines import library
from pipelines.replaying.offline import Offline
from pipelines.replaying.rows import recorded, whole

pytestmark = pytest.mark.local

TRAINED = datetime(2010, 1, 1, tzinfo=UTC)
FIRST, BROKEN, MENDED = (
    datetime(2010 + years, month, 1, tzinfo=UTC) for years, month in ((0, 7), (1, 1), (1, 7))
)
FAST = ("--set", "training.search.candidates=2", "--set", "evaluation.bootstrap.resamples=100")


@pytest.fixture(scope="module")
def world(workplace) -> Offline:
    """The first champion, which serves."""
    done = workplace.call("run", "housing", "--as-of", f"{TRAINED:%Y-%m-%d}", *FAST)
    assert done.returncode == 0, done.stdout + done.stderr
    return Offline(library.load("housing"), workplace.settings, lambda end: False)


@pytest.fixture(scope="module")
def watch(workplace, world):
    """Serve an interval, perhaps with something broken, and monitor the window up to its end."""
    rows = recorded(whole(library.load("housing"), workplace.settings.data), "month_start")

    def watched(start: datetime, end: datetime, broken=lambda table: table):
        world.watch(start)  # takes over the champion that there is
        world.serve(broken(rows(start, end)))
        done = workplace.call("monitor", "housing", "--as-of", f"{end:%Y-%m-%d}", *FAST)
        assert done.returncode == 0, done.stdout + done.stderr
        records = Decisions(workplace.settings).history("housing")
        return done.stdout, [record for record in records if record.end == end]

    return watched


def no_listings(table: pa.Table) -> pa.Table:
    place = table.column_names.index("listings_1")
    return table.set_column(place, table.field(place), pa.nulls(table.num_rows, table.field(place).type))


def test_a_window_is_judged_and_decided(watch, workplace):
    printed, (record,) = watch(TRAINED, FIRST)
    place = folder(workplace.settings.store_uri(), "housing", FIRST)

    assert "performance" in printed
    assert record.decision.event.evidence.found
    assert record.decision.event.evidence.page == f"{place}/page.html"
    page = (workplace.folder / place / "page.html").read_text()
    assert "What moved" in page
    assert (
        'evergreen_quality{use_case="housing",metric="rmse"'
        in (workplace.folder / place / "metrics.prom").read_text()
    )


def test_a_window_that_is_judged_again_is_decided_once(workplace):
    before = Decisions(workplace.settings).history("housing")

    done = workplace.call("monitor", "housing", "--as-of", f"{FIRST:%Y-%m-%d}", *FAST)

    assert done.returncode == 0, done.stdout + done.stderr
    assert Decisions(workplace.settings).history("housing") == before


def test_a_column_that_turned_null_holds_training_and_is_told(watch, workplace):
    trained = len(workplace.history("housing"))

    _, (record,) = watch(FIRST, BROKEN, broken=no_listings)

    reasons = {reason.code: reason.message for reason in record.decision.reasons}
    assert "'listings_1' is null" in reasons["feed"]
    assert len(workplace.history("housing")) == trained
    alerts = (workplace.folder / "home" / "alerts.jsonl").read_text().splitlines()
    # The last also tells what the training before led to.
    assert "feed" in {json.loads(alert)["evergreen"]["code"] for alert in alerts[-2:]}


def test_a_feed_that_is_mended_needs_no_hand(watch):
    _, (record,) = watch(BROKEN, MENDED)

    assert "feed" not in {reason.code for reason in record.decision.reasons}


def test_a_person_who_asks_gets_one_run_of_a_window(workplace, world):
    for _ in range(2):
        done = workplace.call("decide", "housing", "--as-of", f"{MENDED:%Y-%m-%d}", *FAST)
        assert done.returncode == 0, done.stdout + done.stderr

    asked = [run for run in workplace.history("housing") if run.as_of.startswith(f"{MENDED:%Y-%m-%d}")]
    assert len(asked) == 1
    assert workplace.call("history", "housing").stdout.count("manual")
