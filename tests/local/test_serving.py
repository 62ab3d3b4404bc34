"""A served champion on this machine, as a user has it: a run, another run, a rollback, a killed server."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess

import pytest

from components.contracts.serving import Serving
from components.serving.adapters import rollout
from components.serving.endpoint import Endpoint
from components.serving.local_state import ServerStates
from components.stores.deployments import Deployments
from components.stores.folders import read_golden
from components.stores.registry import Registry
from components.stores.runs import Runs
from tests.local.conftest import Workplace

pytestmark = pytest.mark.local

FAST = (
    "--set",
    "training.search.candidates=2",
    "--set",
    "evaluation.bootstrap.resamples=100",
    "--set",
    "validation={gates: [{metric: r2, bound: 0.0}], budget: {max_latency_ms: 5000, max_latency_p99_ms: 20000}}",
)
FIRST, LATER = ("--as-of", "2010-01-01"), ("--as-of", "2012-01-01")


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """One that serves, and ends what it serves."""
    place = Workplace(tmp_path_factory.mktemp("workplace"), serving="local")
    yield place
    place.call("serve", "down")


def serving(workplace):
    return rollout(workplace.settings, Serving()).current("housing")


def champion(workplace):
    return Registry(Runs(workplace.settings), "housing").champion()


@pytest.fixture(scope="module")
def first(ran):
    return ran("housing", *FIRST, *FAST)


def test_a_run_ends_with_a_served_champion(first, workplace):
    printed, run, steps = first

    assert run.status == "succeeded", printed
    assert "serve" in steps
    assert serving(workplace).release.version == run.version
    assert serving(workplace).release.run == run.run


def test_the_curl_line_of_the_summary_works_as_printed(first):
    (line,) = [line for line in first[0].splitlines() if "curl" in line]

    done = subprocess.run(line[line.index("curl") :], shell=True, capture_output=True, text=True, check=True)  # noqa: S602 - as a user does

    assert json.loads(done.stdout)["predictions"][0]["value"] > 0


@pytest.fixture(scope="module")
def second(first, ran):
    return ran("housing", *LATER, *FAST)


def test_a_better_model_takes_over_at_the_same_address(first, second, workplace):
    changes = Deployments(Runs(workplace.settings), "housing").all()

    assert second[1].verdict == "champion", second[0]
    assert [change.deployment.release.version for change in changes] == [second[1].version, first[1].version]
    assert len({change.deployment.endpoint for change in changes}) == 1
    assert serving(workplace).release.version == second[1].version


def test_history_shows_what_served(first, second, workplace):
    printed = workplace.call("history", "housing").stdout

    assert "in place of" in printed
    assert serving(workplace).endpoint in printed


@pytest.fixture(scope="module")
def rows(second, workplace):
    """The golden rows of what serves, as CSV."""
    path = workplace.folder / "rows.csv"
    found = read_golden(serving(workplace).release.address).rows
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*found[0], "unknown_to_the_model"])
        writer.writeheader()
        writer.writerows(found)
    return path, found


def test_predict_answers_every_row_of_a_file(rows, workplace):
    path, found = rows

    done = workplace.call("predict", "housing", "--rows", str(path))

    told = [json.loads(line) for line in done.stdout.splitlines()]
    with Endpoint(serving(workplace).endpoint, "housing") as endpoint:
        expected = [prediction["value"] for prediction in endpoint.predictions(found)]
    assert done.returncode == 0, done.stderr
    assert [one["value"] for one in told] == expected
    assert len({one["id"] for one in told}) == len(found)


def test_a_row_that_is_refused_is_named_and_the_others_are_answered(rows, workplace):
    path, found = rows
    bad = path.read_text().splitlines()
    bad[3] = bad[3].replace(bad[3].split(",")[0], "many", 1)
    path.with_name("bad.csv").write_text("\n".join(bad) + "\n")

    done = workplace.call("predict", "housing", "--rows", str(path.with_name("bad.csv")))

    first_column = bad[0].split(",")[0]
    assert done.returncode == 1
    assert "row 3:" in done.stderr
    assert first_column in done.stderr
    assert len(done.stdout.splitlines()) == len(found) - 1
    assert "Traceback" not in done.stderr


def test_a_rollback_serves_the_version_before_and_makes_it_champion(first, second, rows, workplace):
    done = workplace.call("rollback", "housing")

    assert done.returncode == 0, done.stderr
    assert serving(workplace).release.version == first[1].version
    assert champion(workplace).number == first[1].version
    assert Deployments(Runs(workplace.settings), "housing").all()[0].kind == "rollback"


def test_there_is_nothing_before_the_first(second, workplace):
    done = workplace.call("rollback", "housing")

    assert done.returncode == 1
    assert "nothing to return to" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_same_run_again_does_not_bring_back_what_was_rolled_back(first, second, workplace, ran):
    printed, run, steps = ran("housing", *LATER, *FAST)

    assert run.status == "succeeded", printed
    assert run.version == second[1].version
    assert "was rolled back" in printed
    assert "serve" not in steps
    assert champion(workplace).number == first[1].version


def test_it_can_be_brought_back_by_name(second, workplace):
    done = workplace.call("rollback", "housing", "--to", second[1].version)

    assert done.returncode == 0, done.stderr
    assert serving(workplace).release.version == second[1].version


def test_a_killed_server_is_told_and_mended_at_the_same_address(second, workplace):
    before = serving(workplace)
    pid = ServerStates(workplace.settings.home / "serving").read("housing").process.pid
    os.kill(pid, signal.SIGKILL)

    told = workplace.call("serve", "status")
    mended = workplace.call("serve", "up", "housing")

    assert told.returncode == 1
    assert "ended without being asked to" in told.stdout
    assert mended.returncode == 0, mended.stderr
    assert serving(workplace).endpoint == before.endpoint
    assert workplace.call("serve", "status").returncode == 0


def test_down_ends_it(second, workplace):
    done = workplace.call("serve", "down", "housing")

    assert "housing is down" in done.stdout
    assert serving(workplace) is None
    assert "taken down" in workplace.call("serve", "status").stdout
