"""Which image stands for which name, and what is in them."""

from __future__ import annotations

import pytest

from components.contracts.errors import StoreError
from pipelines import images
from pipelines.images import ROOT, content_tag, pinned


def pins(name: str) -> dict[str, set[str]]:
    """Package to its pins in a lock, each with its marker."""
    found: dict[str, set[str]] = {}
    for line in (ROOT / name).read_text().splitlines():
        package, equals, pin = line.partition("==")
        if equals and not line.startswith(" "):
            version, _, _where = pin.rstrip(" \\").partition(" ; ")
            found.setdefault(package, set()).add(version)
    return found


def test_the_predictor_holds_a_part_of_the_steps_packages_at_their_versions():
    everything, predictor = pins("requirements.lock"), pins("requirements-predictor.lock")

    assert {name: pin for name, pin in predictor.items() if not pin <= everything.get(name, set())} == {}
    assert len(predictor) < 0.7 * len(everything)


def test_the_predictor_holds_no_orchestrator_and_no_tracker():
    assert not pins("requirements-predictor.lock").keys() & {
        "kfp",
        "mlflow",
        "mlflow-skinny",
        "duckdb",
        "matplotlib",
    }


def test_an_image_is_named_by_its_content():
    assert pinned() == {name: f"evergreen/{name}:{content_tag()}" for name in ("steps", "predictor")}


def test_pushed_images_stand_by_their_digest(tmp_path):
    pushed = {"steps": "registry/steps@sha256:1", "predictor": "registry/predictor@sha256:2"}

    assert pinned(images.record(pushed, tmp_path / "images.json")) == pushed


def test_images_of_other_content_do_not_stand_for_these(tmp_path):
    images.Images(tag="other", images={"steps": "registry/steps@sha256:1"}).write(tmp_path / "images.json")

    assert pinned(tmp_path / "images.json")["steps"] == f"evergreen/steps:{content_tag()}"


def test_a_record_that_is_no_record_is_named(tmp_path):
    (tmp_path / "images.json").write_text("{}")

    with pytest.raises(StoreError, match="make images PUSH=1"):
        pinned(tmp_path / "images.json")


def test_a_cluster_that_is_not_known_is_refused():
    with pytest.raises(StoreError, match="kind, minikube"):
        images.load(["evergreen/steps:1"], "moon")
