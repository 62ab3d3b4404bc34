"""The loop on a real cluster: train, serve, answer, log, judge, train again, serve that. `make cluster` makes a cluster.

Each stage has a time limit, and a failure leaves a dump of the cluster in build/dump. The stages follow each other: when one
fails, those after it do.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pyarrow.parquet as pq
import pytest
from kubernetes import client, config

from components.settings import Settings
from components.stores.served import read_predictions
from pipelines import library
from pipelines.replaying.rest import as_requested
from pipelines.replaying.rows import recorded, whole
from tests.cluster.conftest import ENVIRONMENT, NAMESPACE, SECONDS, evergreen
from tests.cluster.reach import forwarded, within

pytestmark = pytest.mark.cluster

TRAINED, JUDGED = datetime(2010, 1, 1, tzinfo=UTC), datetime(2010, 7, 1, tzinfo=UTC)
WINDOW = 46 * 6
"""Rows from the one to the other: cities and months."""
# Small, and with gates that any candidate passes: what gates refuse is tested elsewhere, what happens then is tested here.
FAST = (
    *("--set", "training.search.candidates=2"),
    *("--set", "evaluation.bootstrap.resamples=100"),
    *("--set", "validation.gates=[{metric: rmse, bound: 1000000}]"),
)
DEGRADED = ("--set", "triggering.performance.bound=1")
"""An error of a dollar: whatever the champion did, it was worse."""


def submitted(pipeline: str, as_of: datetime, *changes: str) -> str:
    """KFP's id of a run that ended well."""
    words = ("--pipeline", pipeline, "--as-of", f"{as_of:%Y-%m-%d}", "--env", ENVIRONMENT)
    printed = evergreen("submit", "housing", *words, *changes)
    found = re.search(r"run ([0-9a-f-]{36})", printed)
    assert found is not None, printed
    return found[1]


def pods() -> list[client.V1Pod]:
    """The pods that serve, or are about to."""
    core = client.CoreV1Api(config.new_client_from_config())
    selector = "serving.kserve.io/inferenceservice=housing"
    found = core.list_namespaced_pod(NAMESPACE, label_selector=selector).items
    return [pod for pod in found if pod.metadata.deletion_timestamp is None]


def version() -> str:
    """The version that serves; nothing while one follows another."""
    versions = {pod.metadata.annotations["evergreen.dev/version"] for pod in pods()}
    return versions.pop() if len(versions) == 1 else ""


def logged() -> int:
    """Rows of the prediction log in the window."""
    place = Settings().predictions_uri()
    return int(read_predictions(place, "housing", TRAINED, JUDGED).count().to_pyarrow().as_py())


@pytest.fixture(scope="module")
def champion():
    """The version that the first run made and serves."""
    evergreen("data", "housing")
    submitted("training", TRAINED, *FAST)
    return version()


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Half a year as clients would send it."""
    entry, folder = library.load("housing"), tmp_path_factory.mktemp("rows")
    library.bring_data(entry.path, str(folder / "data"))
    table = recorded(whole(entry, str(folder / "data")), "month_start")(TRAINED, JUDGED)
    names = ["month_start", *entry.case.table.key, *entry.case.preparation.features.names()]
    asked = as_requested(table, list(dict.fromkeys(names)))
    path = folder / "rows.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in asked))
    return path


@pytest.fixture(scope="module")
def answered(champion, rows, tmp_path_factory):
    """What was answered to them."""
    to = tmp_path_factory.mktemp("answers") / "answers.parquet"
    with forwarded(NAMESPACE, f"pod/{pods()[0].metadata.name}", 8080) as address:
        evergreen("predict", "housing", "--rows", str(rows), "--to", str(to), "--at", address)
    return pq.read_table(to)


@pytest.fixture(scope="module")
def retrained(champion, answered):
    """The version that serves after the window was judged, and the training that followed from it."""
    within(300, "the prediction log", lambda: logged() >= WINDOW)
    submitted("monitoring", JUDGED, *DEGRADED)
    return within(SECONDS, "another version", lambda: version().replace(champion, ""), 15)


def test_a_submitted_run_makes_a_champion_that_serves(champion):
    assert champion
    assert [pod.metadata.annotations["evergreen.dev/version"] for pod in pods()] == [champion]


def test_a_champion_that_serves_already_is_left_alone(champion):
    before = {pod.metadata.name for pod in pods()}

    assert f"version {champion}" in evergreen("serve", "up", "housing")
    assert {pod.metadata.name for pod in pods()} == before


def test_every_row_is_answered(answered):
    assert answered.num_rows == WINDOW


def test_what_was_answered_is_logged_once(champion, answered):
    within(300, "the prediction log", lambda: logged() >= WINDOW)
    found = read_predictions(Settings().predictions_uri(), "housing", TRAINED, JUDGED).to_pyarrow()

    assert sorted(found["id"].to_pylist()) == sorted(answered["id"].to_pylist())


def test_a_window_that_went_badly_is_judged_and_followed_by_a_training_whose_model_serves(
    champion, retrained
):
    told = evergreen("history", "housing")

    assert int(retrained) > int(champion)
    assert "beyond" in told
    assert "performance" in told
    assert "train" in told


def test_the_version_before_comes_back_in_less_than_a_minute(champion, retrained):
    assert f"version {champion}" in evergreen("rollback", "housing")
    assert version() == champion


def test_the_schedule_can_be_reconciled_twice(champion):
    clock = ("--set", "schedule.monitoring='0 6 1 1 *'", "--env", ENVIRONMENT)
    evergreen("schedule", "housing", *clock)

    assert "as its schedule says" in evergreen("schedule", "housing", *clock)
    assert "disabled housing-monitoring" in evergreen("schedule", "housing", "--env", ENVIRONMENT)
