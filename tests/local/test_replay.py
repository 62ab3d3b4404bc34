"""A past lived through as it happened: a real endpoint answers, the real pipelines judge and train, and nothing is left behind."""

from __future__ import annotations

import signal
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from components.serving.local_state import ServerStates
from components.settings import Settings
from components.stores.served import read_predictions
from tests.local.conftest import EVERGREEN

pytestmark = pytest.mark.local

# Whatever is judged, half a year after the last training the model is trained again, and may be so once: the first
# training counts, too.
HOUSING = [
    "replay", "housing", "--every", "6 months",
    "--set", "training.search.candidates=2",
    "--set", "training.algorithms=[linear]",
    "--set", "evaluation.bootstrap.resamples=100",
    "--set", "triggering={performance: null, elapsed: {every: 6 months}, budget: {runs: 2, per: 13 months}}",
    "--set", "validation.gates=[{metric: r2, bound: 0.1}]",
]  # fmt: skip
CITIES = 46


def logged(home: Path) -> pa.Table:
    """The prediction log of a replay."""
    settings = Settings(home=home, _env_file=None)
    span = datetime(2010, 1, 1, tzinfo=UTC), datetime(2011, 1, 1, tzinfo=UTC)
    return read_predictions(settings.predictions_uri(), "housing", *span).order_by("id").to_pyarrow()


def server_runs(home: Path) -> bool:
    state = ServerStates(home / "serving").read("housing")
    return state is not None and state.runs


@pytest.fixture(scope="module")
def home(workplace) -> Path:
    return workplace.folder / "home" / "replays" / "housing-3"


@pytest.fixture(scope="module")
def lived(workplace, home) -> str:
    """A year in two windows: what was printed."""
    done = workplace.call(*HOUSING, "--from", "2010-01-01", "--to", "2011-01-01", "--seed", "3")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def terminated(workplace, home, lived, tmp_path_factory) -> Path:
    """The same again in another home, told to end as soon as its first rows are in the log."""
    other = tmp_path_factory.mktemp("other") / "replay"
    words = [*HOUSING, "--from", "2010-01-01", "--to", "2010-06-01", "--seed", "3", "--home", str(other)]
    log = workplace.folder / "terminated.txt"
    with log.open("w") as output:
        process = subprocess.Popen(
            [EVERGREEN, *words],
            cwd=workplace.folder,
            env=workplace.environment(),
            stdout=output,
            stderr=output,
        )
        until(lambda: any((other / "store" / "predictions").rglob("*.parquet")), process, log)
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) != 0
    return other


def until(happened, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 300
    while not happened():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


def test_the_year_ends_with_what_each_policy_led_to(lived, home):
    assert "| as it ran |" in lived
    assert "| the first model, left alone |" in lived
    assert "| a new model every 6 months |" in lived
    assert "as it happened" in (home / "replay.html").read_text()


def test_every_row_was_answered_and_is_in_the_log(lived, home):
    assert f"{12 * CITIES} rows answered, {12 * CITIES} in the prediction log, 0 refused" in lived
    assert logged(home).num_rows == 12 * CITIES


def test_the_model_that_was_trained_took_over_in_flight(lived, home):
    log = logged(home)
    switched = datetime(2010, 7, 1, tzinfo=UTC)

    by_version = {"1": set(), "2": set()}
    for version, moment in zip(log["version"].to_pylist(), log["event_time"].to_pylist(), strict=True):
        by_version[version].add(moment >= switched)
    assert by_version == {"1": {False}, "2": {True}}


def test_decisions_are_told_with_their_reasons(lived):
    assert "schedule" in lived
    assert "budget" in lived
    assert "| 2010-07-01 | schedule |" in lived


def test_no_server_is_left_and_the_users_stores_are_untouched(lived, home):
    assert not server_runs(home)
    assert [path.name for path in home.parents[1].iterdir()] == ["replays"]


def test_one_that_is_told_to_end_leaves_no_server(terminated):
    assert not server_runs(terminated)


def test_the_same_seed_gives_the_same_answers(terminated, home):
    first = {row["id"]: row["outputs.value"] for row in logged(home).to_pylist()}
    again = {row["id"]: row["outputs.value"] for row in logged(terminated).to_pylist()}

    assert again
    assert again.items() <= first.items()


def test_a_folder_that_no_replay_made_is_left_alone(workplace, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")

    done = workplace.call(*HOUSING, "--home", str(tmp_path))

    assert done.returncode == 1
    assert "is not empty and no replay made it" in done.stderr
    assert (tmp_path / "mine.txt").read_text() == "mine"
