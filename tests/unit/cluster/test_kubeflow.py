"""What is asked of Kubeflow Pipelines, through its own client, over HTTP."""

from __future__ import annotations

import pytest

from components.contracts.errors import StoreError
from components.stores.kubeflow import Kubeflow
from components.stores.kubeflow_words import KubeflowSettings, Recurring, Task

ARGUMENTS = {"name": "shop", "table": {"label": "sold"}}


@pytest.fixture
def ir(tmp_path):
    """As much of a compiled pipeline as the server looks at."""
    path = tmp_path / "training.yaml"
    path.write_text("deploymentSpec: {}\n")
    return path


@pytest.fixture
def version(kubeflow, ir):
    """A published pipeline."""
    return kubeflow.publish("training", "Trains.", "training-abc", ir)


def test_a_pipeline_is_published_once(kubeflow, kfp, ir, version):
    again = kubeflow.publish("training", "Trains.", "training-abc", ir)

    assert again == version
    assert len(kfp.pipelines) == len(kfp.versions) == 1


def test_other_content_is_another_version_of_the_same_pipeline(kubeflow, ir, version):
    other = kubeflow.publish("training", "Trains.", "training-def", ir)

    assert other.pipeline == version.pipeline
    assert other.version != version.version


def test_a_run_has_its_version_arguments_and_experiment(kubeflow, kfp, version):
    run = kfp.runs[kubeflow.start(version, "shop", "shop 2013", ARGUMENTS)]

    assert run.pipeline_version_reference.pipeline_version_id == version.version
    assert run.runtime_config.parameters == ARGUMENTS
    assert kfp.experiments[run.experiment_id].display_name == "shop"


def test_runs_of_a_use_case_share_its_experiment(kubeflow, kfp, version):
    for name in "ab":
        kubeflow.start(version, "shop", name, ARGUMENTS)

    assert len(kfp.experiments) == 1


def test_pods_run_under_the_service_account_that_settings_name(kfp, ir):
    api = Kubeflow(KubeflowSettings(endpoint=kfp.url, service_account="evergreen-steps", _env_file=None))
    version = api.publish("training", "Trains.", "training-abc", ir)

    assert kfp.runs[api.start(version, "shop", "r", {})].service_account == "evergreen-steps"


def test_a_task_that_is_listed_twice_is_one(kubeflow, kfp, version):
    run = kubeflow.start(version, "shop", "r", {})
    kfp.progress(run, "RUNNING", {"extract": "SUCCEEDED", "train": "RUNNING"})
    state = kubeflow.state(run)

    assert state.tasks == (Task("extract", "SUCCEEDED"), Task("train", "RUNNING"))
    assert not state.ended


def test_recurring_runs_are_found_on_every_page(kubeflow, version):
    made = [kubeflow.recur(version, "shop", f"shop-{n}", "0 0 5 1 * *", ARGUMENTS) for n in range(5)]

    assert {found.id for found in kubeflow.recurring("shop")} == set(made)


def test_a_recurring_run_goes_on_alone_and_catches_nothing_up(kubeflow, kfp, version):
    made = kfp.recurring[kubeflow.recur(version, "shop", "shop-1", "0 0 5 1 * *", ARGUMENTS)]

    assert made.trigger.cron_schedule.cron == "0 0 5 1 * *"
    assert (made.max_concurrency, made.no_catchup) == ("1", True)


def test_a_disabled_recurring_run_says_so(kubeflow, version):
    made = kubeflow.recur(version, "shop", "shop-1", "0 0 5 1 * *", ARGUMENTS)
    kubeflow.disable(made)

    assert kubeflow.recurring("shop") == (Recurring(made, "shop-1", enabled=False),)


def test_a_token_is_sent_and_never_shown(kfp):
    settings = KubeflowSettings(endpoint=kfp.url, token="s3cret", _env_file=None)  # noqa: S106
    Kubeflow(settings).recurring("shop")

    assert set(kfp.headers) == {"Bearer s3cret"}
    assert "s3cret" not in repr(settings)


def test_a_service_accounts_token_is_read_anew(kfp, tmp_path):
    token = tmp_path / "token"
    token.write_text("first")
    api = Kubeflow(KubeflowSettings(endpoint=kfp.url, token_file=token, _env_file=None))
    api.recurring("shop")
    token.write_text("second")
    api.recurring("shop")

    assert kfp.headers[-1] == "Bearer second"


def test_a_refusal_names_the_place_and_the_servers_words(kubeflow, kfp, version):
    kfp.refusals = [403]

    with pytest.raises(StoreError, match=r"run 'r' cannot be started: http://127.* answered 403: not now"):
        kubeflow.start(version, "shop", "r", {})


def test_without_an_endpoint_the_setting_is_named():
    with pytest.raises(StoreError, match="EVERGREEN_KFP_ENDPOINT"):
        Kubeflow(KubeflowSettings(_env_file=None))
