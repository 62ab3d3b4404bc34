"""A release is a diff: images, pipelines and models written into an overlay, the same bytes each time."""

from __future__ import annotations

import shutil

import pytest
import yaml

from components.contracts.errors import StoreError, UseCaseError
from components.contracts.reports import RunSummary
from components.serving.manifest import released
from pipelines.manifests import OVERLAYS
from pipelines.release import passed, promote, read_model, write_images, write_model, write_pipelines
from tests.unit.cluster.test_manifest import release

IMAGES = {name: f"registry.test/{name}@sha256:{'a' * 64}" for name in ("steps", "predictor")}


@pytest.fixture
def overlay(tmp_path):
    """The overlay `staging`, as it is in the repository."""
    return shutil.copytree(OVERLAYS / "staging", tmp_path / "staging")


@pytest.fixture
def production(tmp_path):
    """The overlay `production`, as it is in the repository."""
    return shutil.copytree(OVERLAYS / "production", tmp_path / "production")


def run(version: str, verdict: str, champion: str = "", status: str = "succeeded") -> RunSummary:
    """A run as the metadata store tells it."""
    return RunSummary.model_validate(
        {
            "run": f"r-{version}-{verdict}",
            "use_case": "flights",
            "started": "2026-01-01T00:00:00Z",
            "seconds": 1.0,
            "cause": "manual",
            "as_of": "2013-03-01",
            "version": version,
            "verdict": verdict,
            "champion": champion,
            "status": status,
        }
    )


def test_images_are_pinned_by_digest(overlay):
    written = yaml.safe_load(write_images(overlay, IMAGES).read_text())

    assert written["images"][0] == {
        "name": "predictor", "newName": "registry.test/predictor", "digest": f"sha256:{'a' * 64}"
    }  # fmt: skip


def test_images_that_were_not_pushed_are_not_released(overlay):
    with pytest.raises(StoreError, match="make images PUSH=1"):
        write_images(overlay, {"steps": "evergreen/steps:abc"})


def released_training(overlay, images, tmp_path) -> list[dict]:
    """What is written of the training pipeline."""
    written = {path.stem: path for path in write_pipelines(overlay, images, tmp_path / "build")}
    return list(yaml.safe_load_all(written["training"].read_text()))


def test_a_pipelines_version_is_named_by_its_content(overlay, tmp_path):
    names = []
    for images in (IMAGES, IMAGES, {**IMAGES, "steps": f"registry.test/steps@sha256:{'b' * 64}"}):
        pipeline, version = released_training(overlay, images, tmp_path)
        assert (pipeline["kind"], version["kind"]) == ("Pipeline", "PipelineVersion")
        assert version["spec"]["pipelineName"] == pipeline["metadata"]["name"] == "training"
        names.append(version["metadata"]["name"])

    assert names[0] == names[1] != names[2]


def test_a_release_twice_writes_the_same_bytes(overlay, tmp_path):
    def write() -> dict[str, bytes]:
        write_pipelines(overlay, IMAGES, tmp_path / "build")
        write_model(overlay, release("2"))
        return {str(path): path.read_bytes() for path in overlay.rglob("*.yaml")}

    assert write() == write()


def test_every_step_of_a_released_pipeline_is_pinned_and_placed(overlay, tmp_path):
    _, version = released_training(overlay, IMAGES, tmp_path)
    executors = version["spec"]["pipelineSpec"]["deploymentSpec"]["executors"].values()

    assert {one["container"]["image"] for one in executors} == {IMAGES["steps"]}
    assert all(one["container"]["resources"] for one in executors)
    assert version["spec"]["platformSpec"]["platforms"]["kubernetes"]


def test_a_model_that_takes_anothers_place_remembers_it(overlay):
    for version in ("1", "2"):
        path = write_model(overlay, release(version))
    manifest = yaml.safe_load(path.read_text())

    assert released(manifest) == release("2")
    assert released(manifest, "previous-") == release("1")
    assert "flights.yaml" in (overlay / "models" / "kustomization.yaml").read_text()


@pytest.mark.parametrize(
    ("history", "times"),
    [
        ([], 0),
        ([run("2", "champion")], 1),
        ([run("2", "passed")], 1),
        ([run("2", "refused")], 0),
        ([run("2", "champion"), run("3", "refused", champion="2")], 2),
        ([run("2", "champion"), run("3", "champion", champion="2")], 1),
        ([run("2", "champion", status="failed")], 0),
    ],
)
def test_how_often_a_version_proved_itself(history, times):
    assert passed("2", history) == times


def test_what_proved_itself_is_promoted(overlay, production):
    write_model(overlay, release("2"))
    history = [run("2", "champion"), run("3", "refused", champion="2")]
    path, promoted = promote("flights", overlay, production, history, needed=2)

    assert promoted == read_model(path) == release("2")


def test_what_has_not_proved_itself_is_not_promoted(overlay, production):
    write_model(overlay, release("2"))

    with pytest.raises(UseCaseError, match="version 2 of flights passed 1 of the 2 runs"):
        promote("flights", overlay, production, [run("2", "champion")], needed=2)
    assert not (production / "models" / "flights.yaml").exists()


def test_what_does_not_serve_cannot_be_promoted(overlay, production):
    with pytest.raises(UseCaseError, match="staging serves no flights"):
        promote("flights", overlay, production, [], needed=1)
