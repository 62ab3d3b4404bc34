"""`evergreen submit`, as a user types it, beside a server that speaks KFP's API."""

from __future__ import annotations

import threading
import time

import pytest
import yaml

from components.contracts.errors import StoreError
from components.stores.kubeflow_words import RunState
from pipelines import submit

STEPS_YAML = """
steps:
  any: {cpu: 100m, environment: {EVERGREEN_STORE: s3://bucket/store}}
"""
ERROR = "0 rows of the window [2010, 2011) have a label"


@pytest.fixture
def placements(tmp_path):
    """An environment of its own."""
    path = tmp_path / "steps.yaml"
    path.write_text(STEPS_YAML)
    return str(path)


def test_an_unchanged_pipeline_compiles_to_the_same_version(kubeflow, placements, tmp_path):
    one, other = (
        submit.published(kubeflow, "training", submit.compiled("training", placements, tmp_path / place))
        for place in "ab"
    )

    assert one == other


def test_each_step_gets_what_the_environment_says(placements, tmp_path):
    ir, platform = yaml.safe_load_all(submit.compiled("training", placements, tmp_path).read_text())
    container = ir["deploymentSpec"]["executors"]["exec-train"]["container"]

    assert container["resources"]["resourceCpuRequest"] == "100m"
    assert container["env"] == [{"name": "EVERGREEN_STORE", "value": "s3://bucket/store"}]
    assert platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]["exec-train"]["fieldPathAsEnv"]


def test_a_started_run_has_the_use_cases_sections(called, kfp, placements):
    done = called("submit", "housing", "--as-of", "2010-01-01", "--env", placements, "--no-follow")
    (run,) = kfp.runs.values()

    assert done.returncode == 0, done.stderr
    assert run.run_id in done.stdout
    assert run.runtime_config.parameters["table"]["label"] == "median_price"
    assert run.runtime_config.parameters["as_of"].startswith("2010-01-01")
    assert "schedule" not in run.runtime_config.parameters


def bring_on(kfp, *states: tuple[str, dict[str, str]]) -> None:
    """Do what the cluster would, once there is a run."""

    def play() -> None:
        while not kfp.runs:
            time.sleep(0.1)
        for state, tasks in states:
            kfp.progress(next(iter(kfp.runs)), state, tasks)
            time.sleep(4)

    threading.Thread(target=play, daemon=True).start()


def test_it_follows_the_run_to_its_end(called, kfp, placements):
    bring_on(
        kfp,
        ("RUNNING", {"extract": "RUNNING", "root-driver": "RUNNING"}),
        ("SUCCEEDED", {"extract": "SUCCEEDED"}),
    )
    done = called("submit", "housing", "--as-of", "2010-01-01", "--env", placements)

    assert done.returncode == 0, done.stderr
    assert "  extract " in done.stdout
    assert "driver" not in done.stdout


def test_a_failed_run_ends_with_the_failing_steps_own_words(called, kfp, placements, settings, tmp_path):
    from datetime import UTC, datetime

    from components.contracts.reports import StepRecord
    from components.stores.steps import keep_step

    record = StepRecord(
        step="analyze", started=datetime.now(UTC), seconds=1.0, peak_memory_mb=1.0, error=ERROR
    )

    def play() -> None:
        while not kfp.runs:
            time.sleep(0.1)
        run = next(iter(kfp.runs))
        keep_step(str(tmp_path / "home" / "store"), run, record)
        kfp.progress(run, "FAILED", {"analyze": "FAILED"})

    threading.Thread(target=play, daemon=True).start()
    done = called("submit", "housing", "--as-of", "2010-01-01", "--env", placements)

    assert done.returncode == 1
    assert f"analyze: {ERROR}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_server_that_is_busy_for_a_moment_is_asked_again(kubeflow, kfp, tmp_path, placements):
    version = submit.published(kubeflow, "training", submit.compiled("training", placements, tmp_path))
    run = kubeflow.start(version, "shop", "r", {})
    kfp.progress(run, "SUCCEEDED", {})
    kfp.refusals = [503, 503]
    pauses: list[float] = []

    ended = submit.follow(kubeflow, run, lambda kind, text: None, pauses.append)

    assert ended == RunState(run, "SUCCEEDED", ())
    assert len(pauses) == 2


def test_a_run_whose_pod_cannot_start_is_given_up_in_its_own_words(kubeflow, tmp_path, placements):
    version = submit.published(kubeflow, "training", submit.compiled("training", placements, tmp_path))
    run = kubeflow.start(version, "shop", "r", {})
    pauses: list[float] = []

    with pytest.raises(StoreError, match="does not go on: extract cannot start: ErrImageNeverPull"):
        submit.follow(
            kubeflow,
            run,
            lambda kind, text: None,
            pauses.append,
            lambda: "extract cannot start: ErrImageNeverPull",
        )
    assert len(pauses) == submit.PATIENCE - 1


def test_an_environment_that_is_not_there_is_named(called):
    done = called("submit", "housing", "--as-of", "2010-01-01", "--env", "moon")

    assert done.returncode == 1
    assert "moon" in done.stderr
    assert "Traceback" not in done.stderr


PIPELINES = {
    "monitoring": {"metric", "monitoring", "triggering"},
    "prediction": {"until", "version", "extraction"},
}


@pytest.mark.parametrize(("pipeline", "given"), PIPELINES.items())
def test_every_pipeline_can_be_started(called, kfp, placements, pipeline, given):
    words = ("--as-of", "2010-04-01", "--pipeline", pipeline, "--env", placements, "--no-follow")
    done = called("submit", "housing", *words)
    (run,) = kfp.runs.values()

    assert done.returncode == 0, done.stderr
    assert run.display_name == f"housing 2010-04-01 {pipeline}"
    assert given < set(run.runtime_config.parameters)
    assert run.runtime_config.parameters["as_of"].startswith("2010-04-01")


def test_nothing_is_materialized_for_a_use_case_that_looks_nothing_up(called, placements):
    done = called("submit", "housing", "--pipeline", "materialization", "--env", placements)

    assert done.returncode == 1
    assert "housing looks nothing up" in done.stderr


def test_a_pipeline_that_is_not_there_is_named(called, placements):
    done = called("submit", "housing", "--pipeline", "moon", "--env", placements)

    assert done.returncode == 1
    assert "there are training, monitoring, materialization, prediction" in done.stderr
