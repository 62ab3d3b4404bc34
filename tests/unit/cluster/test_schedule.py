"""Recurring runs follow the use case."""

from __future__ import annotations

import pytest

from components.contracts.schedule import Schedule
from components.stores.kubeflow_words import PipelineVersion, Recurring
from pipelines.schedule import Change, Clock, name_of, plan, reconcile
from tests.builders import use_case

VERSION = PipelineVersion("p", "v", "training-abc")
MONTHLY, WEEKLY = "0 5 1 * *", "0 5 * * 1"
WANTED = "shop-new"
OLD = Recurring("1", "shop-old", enabled=True)
OFF = Recurring("2", "shop-old", enabled=False)
OTHERS = Recurring("3", "shopping-old", enabled=True)


@pytest.mark.parametrize(
    ("wanted", "known", "changes"),
    [
        (WANTED, [], [Change("create", WANTED)]),
        (WANTED, [OLD], [Change("create", WANTED), Change("disable", "shop-old", "1")]),
        (WANTED, [OFF, OTHERS], [Change("create", WANTED)]),
        (WANTED, [Recurring("4", WANTED, enabled=True)], []),
        (WANTED, [Recurring("4", WANTED, enabled=False)], [Change("enable", WANTED, "4")]),
        (
            WANTED,
            [Recurring("4", WANTED, enabled=True), Recurring("5", WANTED, enabled=True)],
            [Change("disable", WANTED, "5")],
        ),
        (None, [OLD, OTHERS], [Change("disable", "shop-old", "1")]),
        (None, [OFF], []),
    ],
)
def test_plan(wanted, known, changes):
    assert plan("shop", wanted, known) == tuple(changes)


@pytest.fixture
def version(kubeflow, tmp_path):
    """A published pipeline."""
    path = tmp_path / "training.yaml"
    path.write_text("deploymentSpec: {}\n")
    return kubeflow.publish("training", "Trains.", "training-abc", path)


def test_the_same_schedule_changes_nothing_the_second_time(kubeflow, version):
    clock = Clock(MONTHLY, version, {"as_of": "now"})
    first = reconcile(kubeflow, "shop", "training", clock)

    assert [change.action for change in first] == ["create"]
    assert reconcile(kubeflow, "shop", "training", clock) == ()


def test_a_new_schedule_is_made_before_the_old_is_disabled(kubeflow, kfp, version):
    reconcile(kubeflow, "shop", "training", Clock(MONTHLY, version, {}))
    kfp.requests.clear()
    reconcile(kubeflow, "shop", "training", Clock(WEEKLY, version, {}))
    changes = [one for one in kfp.requests if one.startswith("POST") and "recurringruns" in one]

    assert [one.endswith(":disable") for one in changes] == [False, True]
    assert [one.status for one in kfp.recurring.values()] == ["DISABLED", "ENABLED"]


def test_no_run_is_ended(kubeflow, kfp, version):
    run = kubeflow.start(version, "shop", "in flight", {})
    reconcile(kubeflow, "shop", "training", Clock(MONTHLY, version, {}))
    reconcile(kubeflow, "shop", "training", None)

    assert kfp.runs[run].state == "PENDING"
    assert not any("terminate" in one or one.startswith("DELETE") for one in kfp.requests)


def test_each_pipeline_of_a_use_case_has_a_clock_of_its_own(kubeflow, kfp, version):
    for pipeline in ("training", "monitoring", "materialization"):
        reconcile(kubeflow, "shop", pipeline, Clock(MONTHLY, version, {}))
    reconcile(kubeflow, "shop", "training", None)

    assert {one.display_name.rpartition("-")[0]: one.status for one in kfp.recurring.values()} == {
        "shop": "DISABLED",
        "shop-monitoring": "ENABLED",
        "shop-materialization": "ENABLED",
    }


def test_another_version_or_argument_is_another_recurring_run():
    clocks = (
        Clock(MONTHLY, VERSION, {}),
        Clock(MONTHLY, PipelineVersion("p", "w", "training-def"), {}),
        Clock(MONTHLY, VERSION, {"training": {"seed": 7}}),
        Clock(WEEKLY, VERSION, {}),
    )

    assert len({name_of("shop", clock) for clock in clocks}) == 4


def test_a_schedule_is_no_argument_of_the_pipeline():
    case = use_case(schedule={"cron": MONTHLY})

    assert case.schedule == Schedule(cron=MONTHLY)
    assert "schedule" not in case.arguments()


@pytest.mark.parametrize("cron", ["monthly", "0 5 1 *", "0 0 5 1 * *", "61x 5 1 * *"])
def test_what_is_no_schedule_is_refused(cron):
    with pytest.raises(ValueError, match="is not a schedule"):
        Schedule(cron=cron)


def test_without_a_cluster_it_says_what_it_would_do(called):
    done = called("schedule", "housing", EVERGREEN_KFP_ENDPOINT="")

    assert done.returncode == 0
    assert "housing would run nothing by the clock" in done.stdout


CLOCKS = ("--set", "schedule.cron='0 5 1 * *'", "--set", "schedule.monitoring='0 6 * * 1'")


def test_what_the_use_case_says_runs_by_the_clock_with_its_own_arguments(called, kfp, tmp_path):
    (tmp_path / "steps.yaml").write_text("steps: {}\n")
    done = called("schedule", "housing", *CLOCKS, "--env", "steps.yaml")
    again = called("schedule", "housing", *CLOCKS, "--env", "steps.yaml")
    found = {one.display_name.rpartition("-")[0]: one for one in kfp.recurring.values()}

    assert done.returncode == 0, done.stderr
    assert "as its schedule says" in again.stdout
    assert set(found) == {"housing", "housing-monitoring"}
    assert found["housing-monitoring"].runtime_config.parameters["metric"] == "rmse"
    assert {one.runtime_config.parameters["as_of"] for one in found.values()} == {"now"}
