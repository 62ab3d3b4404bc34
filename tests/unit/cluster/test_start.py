"""Runs that are started from inside the cluster."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from components.contracts.errors import StoreError
from components.stores.kubeflow_start import repeated, started

ARGUMENTS = {"name": "shop", "table": {"label": "sold"}, "as_of": "2013-01-01", "cause": "manual"}


@dataclass(frozen=True)
class Order:
    """A run to be started."""

    key: str = "shop/2013-02-01"
    use_case: str = "shop"
    cause: str = "performance"
    as_of: datetime = datetime(2013, 2, 1, tzinfo=UTC)


@pytest.fixture
def version(kubeflow, tmp_path):
    """A published training pipeline, which ran for `shop`."""
    path = tmp_path / "training.yaml"
    path.write_text("deploymentSpec: {}\n")
    version = kubeflow.publish("training", "Trains.", "training-abc", path)
    kubeflow.start(version, "shop", "shop 2013-01-01 manual", ARGUMENTS)
    return version


def test_a_run_repeats_the_latest_at_another_instant_and_for_another_cause(kubeflow, kfp, version):
    run = kfp.runs[started(kubeflow, Order())]

    assert run.pipeline_version_reference.pipeline_version_id == version.version
    assert run.runtime_config.parameters == {
        **ARGUMENTS, "as_of": "2013-02-01T00:00:00+00:00", "cause": "performance"
    }  # fmt: skip


def test_an_order_that_comes_twice_starts_one_run(kubeflow, kfp, version):
    assert started(kubeflow, Order()) == started(kubeflow, Order())
    assert len(kfp.runs) == 2


def test_an_order_of_another_window_starts_another(kubeflow, version):
    assert started(kubeflow, Order()) != started(kubeflow, Order(key="shop/2013-03-01"))


def test_what_never_ran_cannot_be_repeated(kubeflow, version):
    with pytest.raises(StoreError, match="evergreen submit other"):
        repeated(kubeflow, "training", "other", "name")


def test_a_run_of_another_pipeline_is_not_taken_for_it(kubeflow, version, tmp_path):
    path = tmp_path / "other.yaml"
    path.write_text("deploymentSpec: {}\n")
    other = kubeflow.publish("monitoring", "Watches.", "monitoring-abc", path)
    kubeflow.start(other, "shop", "shop monitoring", {"metric": "roc_auc"})

    assert kubeflow.latest("training", "shop")[1] == ARGUMENTS
    assert kubeflow.latest("monitoring", "shop")[1] == {"metric": "roc_auc"}
