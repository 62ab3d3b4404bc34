"""What a run is compared with."""

from __future__ import annotations

import pytest

from components.recording.standing import Standing, standing
from components.stores.registry import Registry
from tests.builders import header


@pytest.fixture
def registry(runs) -> Registry:
    return Registry(runs, "shop")


@pytest.fixture
def crowned(runs, registry):
    """Make a model the champion."""

    def make(digest: str) -> None:
        before = registry.champion()
        version = registry.register(
            f"/models/{digest}", runs.open(header("r1")), {"lineage": f"lineage of {digest}"}
        )
        registry.promote(version, before.number if before else "")

    return make


def test_the_first_run_is_compared_with_nothing(runs, registry):
    assert standing(runs, registry, "shop", "s1", "any") == Standing("", "", "")


def test_another_model_is_compared_with_the_champion(runs, registry, crowned):
    crowned("m1")

    assert standing(runs, registry, "shop", "s1", "other") == Standing("/models/m1", "1", "")


def test_a_repeated_first_run_is_compared_with_nothing_again(runs, registry, crowned):
    crowned("m1")

    assert standing(runs, registry, "shop", "s1", "lineage of m1") == Standing("", "1", "")


def test_a_repeated_run_is_compared_with_the_champion_before(runs, registry, crowned):
    crowned("m1")
    crowned("m2")

    assert standing(runs, registry, "shop", "s1", "lineage of m2") == Standing("/models/m1", "2", "")
