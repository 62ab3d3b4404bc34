"""The InferenceService of a release, and what is read back from it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from components.contracts.release import Release
from components.serving.golden import compare, disagreements, numbers
from components.serving.manifest import Capacity, capacity_of, released, render

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
    text = yaml.safe_dump(render(release("2"), Capacity(), before=release("1")), sort_keys=True)
    if request.config.getoption("--update-golden"):
        GOLDEN.write_text(text)

    assert text == GOLDEN.read_text()


def test_what_serves_and_what_served_before_are_read_back():
    manifest = render(release("2"), Capacity(), before=release("1"))

    assert released(manifest) == release("2")
    assert released(manifest, "previous-") == release("1")
    assert capacity_of(manifest) == Capacity()


def test_a_first_release_has_nothing_before_it():
    assert released(render(release("1")), "previous-") is None


def test_without_a_capacity_the_overlay_says_how_much():
    manifest = render(release("1"))

    assert capacity_of(manifest) is None
    assert "minReplicas" not in manifest["spec"]["predictor"]


def test_a_service_that_somebody_else_made_is_not_ours():
    assert released({"metadata": {"name": "x"}}) is None


@pytest.mark.parametrize(
    ("expected", "found", "differs"),
    [
        ([[0.25, 0.75]], [[0.25, 0.75]], False),
        ([[0.25, 0.75]], [[0.250001, 0.749999]], False),
        ([[0.25, 0.75]], [[0.26, 0.74]], True),
        ([[0.25, 0.75]], [[float("nan"), 0.75]], True),
        ([[0.25, 0.75]], [[0.25]], True),
        ([[0.25, 0.75]], [], True),
        ([[250_000.0]], [[250_000.1]], False),
        ([[250_000.0]], [[250_100.0]], True),
    ],
)
def test_golden_rows(expected, found, differs):
    assert bool(compare(expected, found)) is differs


def test_an_answer_is_its_probabilities_in_order_or_its_number():
    assert numbers({"id": "x", "label": "a", "probabilities": {"a": 0.75, "b": 0.25}}) == [0.75, 0.25]
    assert numbers({"id": "x", "value": 3}) == [3.0]


def test_a_pod_is_asked_the_rows_that_lie_beside_the_model(tmp_path):
    (tmp_path / "golden.json").write_text('{"rows": [{"size": 1}], "scores": [[2.0]]}')
    asked: list[object] = []

    def ask(request):
        asked.append(request["instances"])
        return {"predictions": [{"value": 2.0}]}

    assert disagreements(release("1").model_copy(update={"address": str(tmp_path)}), ask) == []
    assert asked == [[{"size": 1}]]
