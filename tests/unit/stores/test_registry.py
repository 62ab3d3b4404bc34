"""Versions and aliases, on a database of its own."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from components.contracts.errors import ConflictError, StoreError
from components.stores.registry import Registry
from components.stores.runs import Runs
from tests.builders import header


@pytest.fixture
def registry(runs) -> Registry:
    return Registry(runs, "shop")


@pytest.fixture
def run_id(runs) -> str:
    return runs.open(header("r1"))


def version(registry: Registry, run_id: str, digest: str):
    return registry.register(f"/store/models/{digest}", run_id, {"lineage": f"made of {digest}"})


def test_nothing_is_champion_at_first(registry):
    assert registry.champion() is None


def test_a_registry_that_fails_is_not_taken_for_one_without_a_champion(registry, settings):
    with sqlite3.connect(settings.home / "mlflow.db") as database:
        database.execute("DROP TABLE registered_model_aliases")
        database.execute("DROP TABLE registered_models")

    with pytest.raises(StoreError, match="cannot tell the champion of shop"):
        registry.champion()


def test_a_promoted_version_is_champion(registry, run_id):
    made = version(registry, run_id, "aa")

    registry.promote(made, standing="")

    assert registry.champion().digest == "aa"
    assert registry.champion().lineage == "made of aa"


def test_the_same_model_keeps_its_number(registry, run_id):
    first = version(registry, run_id, "aa")

    assert version(registry, run_id, "aa") == first
    assert version(registry, run_id, "bb").number != first.number


def test_a_champion_remembers_whom_it_replaced(registry, run_id):
    first, second = version(registry, run_id, "aa"), version(registry, run_id, "bb")
    registry.promote(first, standing="")

    registry.promote(second, standing=first.number)

    assert registry.champion().replaced == first.number


def test_a_comparison_with_a_champion_that_is_gone_promotes_nobody(registry, run_id):
    first, second, third = (version(registry, run_id, digest) for digest in ("aa", "bb", "cc"))
    registry.promote(first, standing="")
    registry.promote(second, standing=first.number)

    with pytest.raises(
        ConflictError, match="became version 2 while this run compared its model with version 1"
    ):
        registry.promote(third, standing=first.number)

    assert registry.champion().digest == "bb"


def test_of_two_runs_at_once_only_one_becomes_champion(settings, registry, run_id):
    rivals = [version(registry, run_id, f"d{number}") for number in range(6)]

    def attempt(rival) -> bool:
        try:
            Registry(Runs(settings), "shop").promote(rival, standing="")
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(attempt, rivals))

    assert sum(outcomes) == 1
    assert registry.champion() == registry.version(rivals[outcomes.index(True)].number)


def test_the_challenger_is_an_alias_beside_the_champion(registry, run_id):
    first, second = version(registry, run_id, "aa"), version(registry, run_id, "bb")
    registry.promote(first, standing="")

    registry.challenge(second)

    assert (registry.champion().digest, registry.challenger().digest) == ("aa", "bb")


def test_a_restored_version_is_champion_and_the_one_it_replaces_is_withdrawn(registry, run_id):
    first, second = version(registry, run_id, "aa"), version(registry, run_id, "bb")
    registry.promote(first, standing="")
    registry.promote(second, standing=first.number)

    registry.restore(first, standing=second.number)

    assert registry.champion().digest == "aa"
    assert registry.champion().replaced == ""
    assert registry.version(second.number).withdrawn != ""


def test_a_version_that_is_brought_back_is_not_withdrawn(registry, run_id):
    first, second = version(registry, run_id, "aa"), version(registry, run_id, "bb")
    registry.promote(first, standing="")
    registry.promote(second, standing=first.number)
    registry.restore(first, standing=second.number)

    registry.restore(registry.version(second.number), standing=first.number)

    assert registry.champion().digest == "bb"
    assert registry.champion().withdrawn == ""


def test_nothing_is_restored_over_a_champion_nobody_spoke_of(registry, run_id):
    first, second = version(registry, run_id, "aa"), version(registry, run_id, "bb")
    registry.promote(first, standing="")

    with pytest.raises(ConflictError, match="became version 1 while version 2 was being rolled back"):
        registry.restore(first, standing=second.number)


def test_a_version_that_there_is_not_is_named(registry, run_id):
    version(registry, run_id, "aa")

    with pytest.raises(StoreError, match="shop has no version 7"):
        registry.version("7")


def test_a_version_is_a_release_with_all_that_leads_back(runs, registry, run_id):
    made = registry.register("/store/models/aa", run_id, {"run": "r1", "snapshot": "s1"})

    release = registry.release(made)

    assert (release.use_case, release.version, release.address) == ("shop", "1", "/store/models/aa")
    assert (release.digest, release.run, release.snapshot) == ("aa", "r1", "s1")
