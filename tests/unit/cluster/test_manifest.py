"""The InferenceService of a release, and what is read back from it."""

from __future__ import annotations

from pathlib import Path

import yaml

from components.contracts.release import Release
from components.contracts.serving import Serving
from components.serving.cluster import kept
from components.serving.manifest import Capacity, capacity_of, kept_of, released, render, restored

GOLDEN = Path(__file__).parents[2] / "golden" / "inferenceservice.yaml"


def release(version: str) -> Release:
    """A version of flights."""
    digest = f"{version}" * 64
    return Release(
        use_case="flights",
        version=version,
        digest=digest,
        address=f"s3://evergreen/models/{digest}",
        run=f"run-{version}",
        snapshot=f"snapshot-{version}",
    )


def test_it_renders_as_reviewed(request):
    rendered = render(release("2"), Capacity(), before=release("1"), storage="evergreen-kind")
    text = yaml.safe_dump(rendered, sort_keys=True)
    if request.config.getoption("--update-golden"):
        GOLDEN.write_text(text)

    assert text == GOLDEN.read_text()


def test_what_serves_and_what_served_before_are_read_back():
    manifest = render(release("2"), Capacity(), before=release("1"))

    assert released(manifest) == release("2")
    assert released(manifest, "previous-") == release("1")
    assert capacity_of(manifest) == Capacity()


def test_what_the_log_keeps_goes_with_the_predictor():
    masked = Serving.model_validate({"log": {"sample": 0.5}})

    assert kept_of(render(release("1"), keep=kept(masked))) == '{"sample":0.5}'
    assert kept_of(render(release("1"), keep=kept(Serving()))) == ""


def test_what_served_before_is_restored_as_it_was():
    masked = kept(Serving.model_validate({"log": {"sample": 0.5}}))
    standing = render(release("1"), Capacity(cpu="2"), keep=masked, storage="kind")

    assert restored(release("1"), standing, "kind") == standing


def test_a_first_release_has_nothing_before_it():
    assert released(render(release("1")), "previous-") is None


def test_without_a_capacity_the_overlay_says_how_much():
    manifest = render(release("1"))

    assert capacity_of(manifest) is None
    assert "minReplicas" not in manifest["spec"]["predictor"]


def test_a_service_that_somebody_else_made_is_not_ours():
    assert released({"metadata": {"name": "x"}}) is None
