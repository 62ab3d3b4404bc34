"""A model in the real predictor, before anyone relies on it."""

from __future__ import annotations

import shutil
from pathlib import Path

import psutil
import pytest

from components.contracts.model import Golden, ModelManifest
from components.contracts.sections import Budget
from components.serving.trial import tried
from components.stores.folders import GOLDEN, MANIFEST, ONNX, file_sha256
from components.validation.answers import objections
from tests.models import written

pytestmark = pytest.mark.local

GENEROUS = Budget(max_latency_ms=5_000, max_latency_p99_ms=20_000)


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    """The folder of a model that answers as it did."""
    return written(tmp_path_factory.mktemp("model"), algorithm="linear")


@pytest.fixture
def changed(sound, tmp_path):
    """A copy of the folder in which one file has other content; sealed again, as a careful forger would."""

    def change(name: str, content: str) -> Path:
        folder = Path(shutil.copytree(sound, tmp_path / "changed"))
        (folder / name).write_text(content)
        manifest = ModelManifest.read(folder / MANIFEST)
        files = {**manifest.files, name: file_sha256(folder / name)}
        manifest.model_copy(update={"files": files}).write(folder / MANIFEST)
        return folder

    return change


def test_nothing_speaks_against_a_sound_model(sound):
    report = tried(sound)

    assert list(objections(report, GENEROUS)) == []
    assert report.problem is None
    assert (report.golden_rows, report.requests) == (32, 200)
    assert report.difference <= report.tolerance
    assert len(report.bad_requests) >= 8


def test_the_latency_is_held_against_the_budget(sound):
    reasons = list(objections(tried(sound), Budget(max_latency_ms=1e-3, max_latency_p99_ms=20_000)))

    assert len(reasons) == 1
    assert "half of the single rows" in reasons[0]


def test_a_model_that_answers_otherwise_than_offline_is_told(changed, sound):
    golden = Golden.model_validate_json((sound / GOLDEN).read_bytes())
    moved = tuple((low + 0.01, high - 0.01) for low, high in golden.scores)

    report = tried(changed(GOLDEN, golden.model_copy(update={"scores": moved}).model_dump_json()))

    assert "otherwise" in report.problem


def test_a_model_that_does_not_load_is_told(changed):
    report = tried(changed(ONNX, "no graph"))

    assert "the ONNX graph does not load" in report.problem
    assert "Traceback" not in report.problem


def test_no_process_is_left_behind(sound, changed):
    before = psutil.Process().children(recursive=True)

    tried(sound)
    tried(changed(ONNX, "no graph"))

    assert psutil.Process().children(recursive=True) == before
