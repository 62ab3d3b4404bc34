"""Recurring runs follow the use case."""

from __future__ import annotations

import pytest

from components.contracts.schedule import Schedule
from components.stores.kubeflow_words import PipelineVersion, Recurring
from pipelines.schedule import Change, name_of, plan, reconcile
from tests.builders import use_case

MONTHLY = Schedule(cron="0 5 1 * *")
WEEKLY = Schedule(cron="0 5 * * 1")
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
    first = reconcile(kubeflow, "shop", MONTHLY, version, {"as_of": "now"})

    assert [change.action for change in first] == ["create"]
    assert reconcile(kubeflow, "shop", MONTHLY, version, {"as_of": "now"}) == ()


def test_a_new_schedule_is_made_before_the_old_is_disabled(kubeflow, kfp, version):
    reconcile(kubeflow, "shop", MONTHLY, version, {})
    kfp.requests.clear()
    reconcile(kubeflow, "shop", WEEKLY, version, {})
    changes = [one for one in kfp.requests if one.startswith("POST") and "recurringruns" in one]

    assert [one.endswith(":disable") for one in changes] == [False, True]
    assert [one.status for one in kfp.recurring.values()] == ["DISABLED", "ENABLED"]


def test_no_run_is_ended(kubeflow, kfp, version):
    run = kubeflow.start(version, "shop", "in flight", {})
    reconcile(kubeflow, "shop", MONTHLY, version, {})
    reconcile(kubeflow, "shop", None, version, {})

    assert kfp.runs[run].state == "PENDING"
    assert not any("terminate" in one or one.startswith("DELETE") for one in kfp.requests)


def test_another_version_or_argument_is_another_recurring_run():
    version = PipelineVersion("p", "v", "training-abc")
    names = {
        name_of("shop", MONTHLY, version.name, {}),
        name_of("shop", MONTHLY, "training-def", {}),
        name_of("shop", MONTHLY, version.name, {"training": {"seed": 7}}),
        name_of("shop", WEEKLY, version.name, {}),
    }

    assert len(names) == 4


def test_a_schedule_is_no_argument_of_the_pipeline():
    case = use_case(schedule={"cron": "0 5 1 * *"})

    assert case.schedule == MONTHLY
    assert "schedule" not in case.arguments()


@pytest.mark.parametrize("cron", ["monthly", "0 5 1 *", "0 0 5 1 * *", "61x 5 1 * *"])
def test_what_is_no_schedule_is_refused(cron):
    with pytest.raises(ValueError, match="is not a schedule"):
        Schedule(cron=cron)


def test_without_a_cluster_it_says_what_it_would_do(called):
    done = called("schedule", "housing", EVERGREEN_KFP_ENDPOINT="")

    assert done.returncode == 0
    assert "would not train housing by the clock" in done.stdout
