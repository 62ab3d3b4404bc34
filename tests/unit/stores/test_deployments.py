"""What came to serve, on a database of its own."""

from datetime import UTC, datetime

import pytest

from components.contracts.release import Deployment, Release
from components.stores.deployments import Deployments
from tests.builders import header


def deployment(version: str) -> Deployment:
    release = Release(use_case="shop", version=version, digest="d", address="/d", run="r", snapshot="s")
    return Deployment(
        release=release, since=datetime(2013, 3, 1, tzinfo=UTC), endpoint="http://127.0.0.1:8080"
    )


@pytest.fixture
def deployments(runs) -> Deployments:
    return Deployments(runs, "shop")


def test_nothing_served_at_first(deployments):
    assert deployments.all() == ()


def test_changes_are_kept_latest_first_with_what_they_replaced(deployments):
    deployments.note("deployment", deployment("1"))
    deployments.note("deployment", deployment("2"))
    deployments.note("rollback", deployment("1"))

    found = [
        (change.kind, change.deployment.release.version, change.replaced) for change in deployments.all()
    ]

    assert found == [("rollback", "1", "2"), ("deployment", "2", "1"), ("deployment", "1", "")]
    assert deployments.all()[1].deployment == deployment("2")


def test_a_version_that_serves_already_changes_nothing(deployments):
    deployments.note("deployment", deployment("1"))
    deployments.note("deployment", deployment("1"))

    assert len(deployments.all()) == 1


def test_each_use_case_has_its_own(runs, deployments):
    deployments.note("deployment", deployment("1"))

    assert Deployments(runs, "cafe").all() == ()


def test_a_deployment_is_no_run(runs, deployments):
    runs.open(header("r1"))
    deployments.note("deployment", deployment("1"))

    assert [run.run for run in runs.history("shop")] == ["r1"]
    assert runs.find("").run == "r1"
