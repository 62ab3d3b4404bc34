"""What serves follows the registry, and the registry follows a rollback."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from components.contracts.errors import ConflictError, EvergreenError, RolloutError
from components.contracts.release import Deployment
from components.serving.rollout import Status
from components.serving.serve import follow, roll_back, serve
from components.stores.deployments import Deployments
from components.stores.registry import Registry
from tests.builders import header


class Machine:
    """A rollout that serves whatever it is told, but for the versions it cannot."""

    def __init__(self) -> None:
        self.serving: Deployment | None = None
        self.broken: set[str] = set()
        self.meanwhile = lambda: None
        """What else happens while it deploys."""

    def use_cases(self):
        return ("shop",)

    def current(self, use_case):
        return self.serving

    def status(self, use_case):
        return Status(self.serving)

    def deploy(self, release):
        if release.version in self.broken:
            raise RolloutError(f"version {release.version} does not load")
        self.serving = Deployment(release=release, since=datetime.now(UTC), endpoint="http://here")
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return self.serving

    def stop(self, use_case):
        return False


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def registry(runs) -> Registry:
    return Registry(runs, "shop")


@pytest.fixture
def deployments(runs) -> Deployments:
    return Deployments(runs, "shop")


@pytest.fixture
def places(machine, registry, deployments):
    return machine, registry, deployments


@pytest.fixture
def crowned(runs, registry):
    """Make a model the champion; returns its version's number."""

    def make(digest: str) -> str:
        before = registry.champion()
        version = registry.register(f"/models/{digest}", runs.open(header("r1")), {})
        registry.promote(version, before.number if before else "")
        return version.number

    return make


@pytest.fixture
def served(crowned, places):
    """Make a model the champion and have it serve."""

    def make(digest: str) -> str:
        number = crowned(digest)
        serve(*places)
        return number

    return make


def versions(deployments) -> list[tuple[str, str]]:
    return [(change.kind, change.deployment.release.version) for change in deployments.all()]


def test_without_a_champion_there_is_nothing_to_serve(places):
    with pytest.raises(RolloutError, match=r"shop has no champion to serve; `evergreen run shop` trains one"):
        serve(*places)


def test_where_nothing_serves_the_champion_is_left_alone(crowned, registry, deployments):
    crowned("m1")

    assert follow(None, registry, deployments) == ""
    assert deployments.all() == ()


def test_a_champion_that_is_made_while_another_is_deployed_serves_in_the_end(crowned, places, machine):
    crowned("m1")
    machine.meanwhile = lambda: crowned("m2")

    assert serve(*places).release.version == "2"


def test_a_rollback_moves_what_serves_and_the_champion(served, places, registry, machine, deployments):
    served("m1")
    served("m2")

    roll_back(*places)

    assert (machine.serving.release.version, registry.champion().number) == ("1", "1")
    assert versions(deployments) == [("rollback", "1"), ("deployment", "2"), ("deployment", "1")]


def test_a_champion_that_does_not_serve_is_rolled_back_to_the_one_that_does(
    served, crowned, places, registry, machine
):
    served("m1")
    machine.broken.add(crowned("m2"))
    with pytest.raises(RolloutError, match="version 2 does not load"):
        serve(*places)

    assert roll_back(*places).release.version == "1"
    assert registry.champion().number == "1"


def test_a_rollback_to_a_version_that_does_not_serve_changes_nothing(served, places, registry, machine):
    served("m1")
    served("m2")
    machine.broken.add("1")

    with pytest.raises(RolloutError, match="version 1 does not load"):
        roll_back(*places)

    assert (machine.serving.release.version, registry.champion().number) == ("2", "2")
    assert registry.champion().withdrawn == ""


def test_a_champion_that_is_made_during_a_rollback_serves(served, crowned, places, registry, machine):
    served("m1")
    served("m2")
    machine.meanwhile = lambda: crowned("m3")

    with pytest.raises(ConflictError, match="became version 3 while version 2 was being rolled back"):
        roll_back(*places)

    assert (machine.serving.release.version, registry.champion().number) == ("3", "3")


@pytest.mark.parametrize(
    ("to", "reason"), [("", "nothing to return to"), ("1", "is the champion already"), ("9", "no version 9")]
)
def test_a_rollback_that_makes_no_sense_says_why(served, places, to, reason):
    served("m1")

    with pytest.raises(EvergreenError, match=reason):
        roll_back(*places, number=to)
