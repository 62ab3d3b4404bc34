"""What a run adds to the metadata store and the registry."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from components.contracts.errors import ConflictError
from components.recording.register import register
from components.stores import objects
from components.stores.folders import read_folder
from components.stores.registry import Registry
from components.stores.signatures import Signer, Trust, require_signed
from tests.builders import header, results
from tests.models import key_pair, written


@pytest.fixture
def registry(runs) -> Registry:
    return Registry(runs, "shop")


@pytest.fixture
def ours(tmp_path) -> tuple[Path, Path]:
    """A private key and its public one."""
    return key_pair(tmp_path / "ours")


@pytest.fixture
def registered(runs, registry, settings, tmp_path):
    """Open a run and register its results; returns how history sees it."""

    def run(name: str, standing: str = "", **made):
        runs.open(header(name))
        found = results(tmp_path / name, **made)
        register(
            found,
            name,
            f"lineage of {found.training.model_digest}",
            standing,
            runs,
            registry,
            settings.store_uri(),
        )
        return runs.find(name)

    return run


def test_a_passed_model_becomes_champion(registered, registry):
    run = registered("r1")

    assert (run.verdict, run.version, registry.champion().digest) == ("champion", "1", "m1")


def test_the_model_is_published_under_its_digest(registered, registry, settings):
    registered("r1")

    assert registry.champion().address == f"{settings.store_uri()}/models/m1"
    assert objects.read_bytes(f"{settings.store_uri()}/models/m1/manifest.json") == b"m1"


def test_a_refused_model_leaves_the_champion(registered, registry):
    registered("r1")

    run = registered("r2", standing="1", model="m2", passed=False)

    assert (run.verdict, run.reasons, run.champion) == ("refused", ("too weak",), "1")
    assert registry.champion().digest == "m1"


def test_a_sound_model_is_challenger_even_when_the_champion_stays(registered, registry):
    registered("r1")

    registered("r2", standing="1", model="m2", passed=False)

    assert registry.challenger().digest == "m2"


def test_an_unsound_model_is_no_challenger(registered, registry):
    registered("r1", passed=False, sound=False)

    assert registry.challenger() is None


def test_the_champion_made_again_stays_champion(registered, registry):
    registered("r1")

    run = registered("r2", standing="1")

    assert (run.verdict, run.version, registry.champion().replaced) == ("champion", "1", "")


def test_a_champion_that_changed_meanwhile_is_not_overrun(registered, registry):
    registered("r1")

    with pytest.raises(ConflictError, match="became version 1 while this run compared its model with none"):
        registered("r2", standing="", model="m2")

    assert registry.champion().digest == "m1"


def test_metrics_with_their_intervals_are_searchable(registered):
    metrics = registered("r1").metrics

    assert metrics["candidate.roc_auc"] == 0.7
    assert metrics["candidate.roc_auc.low"] == 0.6
    assert metrics["over_baseline.roc_auc.high"] == 0.3
    assert metrics["rows.snapshot"] == 30


def test_a_version_that_was_rolled_back_does_not_become_champion_by_itself(registered, registry):
    registered("r1")
    registered("r2", standing="1", model="m2")
    registry.restore(registry.version("1"), standing="2")

    run = registered("r3", standing="1", model="m2")

    assert registry.champion().digest == "m1"
    assert run.verdict == "passed"
    assert "version 2 was rolled back" in run.reasons[0]
    assert "--to 2" in run.reasons[0]


def test_a_model_is_signed_where_there_is_a_key(runs, registry, settings, tmp_path, ours):
    key, public = ours
    folder = written(tmp_path)
    runs.open(header("r1"))
    found = replace(results(tmp_path / "r1", model=folder.name), model=folder)

    register(found, "r1", "lineage", "", runs, registry, settings.store_uri(), Signer(key))
    _, contents = read_folder(registry.champion().address)

    require_signed(contents, Trust(public), "here")
    assert registry.champion().digest == folder.name
