"""The champion as a release."""

from __future__ import annotations

import pytest

from components.contracts.errors import StoreError
from components.recording.register import register
from components.serving.champion import champion_release
from components.stores.registry import Registry
from tests.builders import header, results


def test_the_champion_leads_back_to_its_run_and_snapshot(runs, settings, tmp_path):
    runs.open(header("r1"))
    registry = Registry(runs, "shop")
    register(results(tmp_path / "model"), "r1", "lineage", "", runs, registry, settings.store_uri())
    release = champion_release(runs, "shop")

    assert (release.version, release.digest, release.run, release.snapshot) == ("1", "m1", "r1", "s1")
    assert release.address.endswith("/models/m1")


def test_without_a_champion_it_says_how_to_get_one(runs):
    with pytest.raises(StoreError, match="evergreen run shop"):
        champion_release(runs, "shop")
