"""Model folders are exactly what they say, or they are not loaded."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import skops.io
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

import components
from components.contracts.errors import ModelError
from components.contracts.model import Golden, Input, ModelManifest
from components.stores.folders import MANIFEST, PIPELINE, SIGNATURE
from components.stores.models import (
    Model,
    digest,
    lock_digest,
    read_manifest,
    read_model,
    write_model,
)

ROOT = Path(components.__file__).parents[1]
SIZE = Input(name="size", type="float64", treatment="numeric")
ROWS = [{"size": 1.0}, {"size": 2.0}]


def make_model(classes: tuple = ("no", "yes"), **changes) -> Model:
    if classes:
        estimator = DummyClassifier().fit(np.zeros((4, 1)), [0, 1, 1, len(classes) - 1])
    else:
        estimator = DummyRegressor().fit(np.zeros((2, 1)), [1.0, 4.0])
    told = {
        "task": "classification" if classes else "regression",
        "label": "sold",
        "classes": classes,
        "inputs": (SIZE,),
        "algorithm": "prior",
        "snapshot": "abc",
        "trained_until": datetime(2024, 1, 1, tzinfo=UTC),
    }
    return Model(ModelManifest(**{**told, **changes}), Pipeline([("model", estimator)]))


@pytest.fixture
def folder(tmp_path) -> Path:
    write_model(make_model(positive="yes", threshold=0.5), tmp_path / "model")
    return tmp_path / "model"


def test_what_was_written_is_read(folder):
    model = read_model(folder, lock=lock_digest())

    assert model.scores(ROWS).tolist() == [[0.25, 0.75]] * 2
    assert model.positive_scores(ROWS).tolist() == [0.75, 0.75]
    assert model.predict(ROWS).tolist() == ["yes", "yes"]
    assert read_manifest(folder) == model.manifest
    assert model.manifest.libraries["scikit-learn"] == __import__("sklearn").__version__


@pytest.mark.parametrize("classes", [("a", "b"), (False, True), (3, 7), (0.0, 1.0), ("a", "b", "c"), ()])
def test_classes_keep_their_type(classes, tmp_path):
    write_model(make_model(classes), tmp_path)

    model = read_model(tmp_path)

    assert model.manifest.classes == classes
    assert [type(name) for name in model.manifest.classes] == [type(name) for name in classes]
    assert model.predict(ROWS).shape == (2,)


@pytest.mark.parametrize(
    ("positive", "threshold", "label"), [("yes", 0.76, "no"), ("no", 0.25, "no"), ("no", 0.26, "yes")]
)
def test_the_threshold_is_on_the_positive_class(positive, threshold, label):
    model = make_model(positive=positive, threshold=threshold)

    assert model.predict(ROWS).tolist() == [label, label]


def test_without_a_threshold_the_most_probable_class_is_predicted():
    assert make_model(("a", "b", "c")).predict(ROWS).tolist() == ["b", "b"]


def test_the_same_model_has_the_same_digest_and_another_has_not(tmp_path):
    first = write_model(make_model(), tmp_path / "one")

    assert first == digest(tmp_path / "one") == write_model(make_model(), tmp_path / "two")
    assert first != write_model(make_model(snapshot="def"), tmp_path / "three")


def test_a_folder_can_be_moved(folder, tmp_path):
    before = digest(folder)
    shutil.move(folder, tmp_path / "elsewhere")

    assert digest(tmp_path / "elsewhere") == before
    assert read_model(f"file://{tmp_path}/elsewhere").predict([]).shape == (0,)


def spoil_pipeline(folder: Path) -> None:
    content = bytearray((folder / PIPELINE).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / PIPELINE).write_bytes(content)


def rewrite(**changes):
    def spoil(folder: Path) -> None:
        told = json.loads((folder / MANIFEST).read_text())
        (folder / MANIFEST).write_text(json.dumps({**told, **changes}))

    return spoil


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (spoil_pipeline, "pipeline.skops was altered"),
        (lambda folder: (folder / PIPELINE).unlink(), "pipeline.skops is missing"),
        (lambda folder: (folder / MANIFEST).unlink(), "only half written: it has no manifest.json"),
        (lambda folder: (folder / "extra.py").write_text("1"), "extra.py is not the model's"),
        (lambda folder: (folder / MANIFEST).write_text("{"), "manifest.json cannot be understood"),
        (rewrite(task="divination"), "manifest.json cannot be understood"),
        (rewrite(files={}), "pipeline.skops is missing|is not the model's"),
        (rewrite(features_code="other"), "other feature code; train it again"),
        (rewrite(libraries={"scikit-learn": "0.1"}), "made with scikit-learn 0.1"),
        (shutil.rmtree, "is not a model"),
    ],
)
def test_a_folder_that_is_not_as_it_was_written_is_refused(spoil, reason, folder):
    spoil(folder)

    with pytest.raises(ModelError, match=reason):
        read_model(folder)


def test_all_that_is_wrong_with_the_files_is_told(folder):
    spoil_pipeline(folder)
    (folder / "extra.py").write_text("1")

    with pytest.raises(ModelError, match=r"extra.py is not the model's, pipeline.skops was altered"):
        read_model(folder)


def test_a_model_of_another_lock_is_refused(folder):
    with pytest.raises(ModelError, match="made under another lock"):
        read_model(folder, lock="0" * 64)


def reseal(folder: Path, content: bytes) -> None:
    """What someone does who may write into the store, and knows how digests are made."""
    (folder / PIPELINE).write_bytes(content)
    rewrite(files={PIPELINE: hashlib.sha256(content).hexdigest()})(folder)


def test_a_pickle_in_the_pipelines_place_is_not_run(folder):
    reseal(folder, b"cos\n_exit\n(I1\ntR.")  # this pickle would end the process

    with pytest.raises(ModelError, match="the pipeline does not load"):
        read_model(folder)


def test_a_pipeline_made_of_what_is_not_trusted_is_not_run(folder):
    reseal(folder, skops.io.dumps(Pipeline([("model", FunctionTransformer(os.system))])))

    with pytest.raises(ModelError, match=r"made of what is not trusted: posix\.system"):
        read_model(folder)


def test_a_signature_is_no_part_of_the_digest(folder):
    before = digest(folder)
    (folder / SIGNATURE).write_text("{}")

    assert digest(folder) == before
    assert read_model(folder).predict(ROWS).tolist() == ["yes", "yes"]


def test_golden_rows_and_graph_travel_with_the_model(tmp_path):
    golden = Golden(rows=({"size": 1.0},), scores=((0.25, 0.75),))
    write_model(replace(make_model(), onnx=b"graph", golden=golden), tmp_path)

    model = read_model(tmp_path)

    assert (model.onnx, model.golden) == (b"graph", golden)
    assert set(model.manifest.files) == {"pipeline.skops", "model.onnx", "golden.json"}


def test_a_write_that_was_interrupted_is_no_model(folder):
    class KilledError(Exception):
        pass

    class Unwritable:
        def __getstate__(self):
            raise KilledError

    with pytest.raises(KilledError):
        write_model(Model(make_model().manifest, Unwritable()), folder)
    with pytest.raises(ModelError, match="half written"):
        read_model(folder)


TRAIN = """
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa

from components.contracts.schema import Column, TableSchema
from components.contracts.sections import Features, Preparation, Search, Table, Training
from components.stores.models import write_model
from components.training.trainer import train

N = 12_000
random = np.random.default_rng(0)
size = random.normal(size=(N, 3))
y = size[:, 0] + random.normal(size=N) > 0
rows = pa.table({
    "at": pa.array(np.arange(N) * 60_000_000).cast(pa.timestamp("us", "UTC")),
    **{f"size {i}": size[:, i] for i in range(3)},
    "shop": [f"s{i % 40}" for i in range(N)],
    "y": y,
})
types = {"at": "timestamp", "shop": "string", "y": "boolean"}
schema = TableSchema(columns=[Column(name=name, type=types.get(name, "float64")) for name in rows.column_names])
preparation = Preparation(features=Features(
    numeric=("size 0", "size 1", "size 2"), categorical=("shop",), calendar=("at",)))
few = {"gradient-boosting": {"max_iter": 10}, "forest": {"n_estimators": 5}}
for name in ("linear", "gradient-boosting", "forest", "prior"):
    training = Training(algorithms=(name,), search=Search(candidates=2, folds=2, max_rows=2_000), parameters=few)
    table = Table(task="classification", label="y", event_time="at")
    trained = train(rows[:9_000], rows[9_000:], table, schema, preparation, training, "abc", jobs=int(sys.argv[2]))
    print("digest", write_model(trained.model, Path(sys.argv[1], name)))
"""


def test_the_digest_does_not_depend_on_the_process(tmp_path):
    """Another hash seed, number of threads and working directory give the same bytes."""
    digests = []
    for threads in ("1", "2"):
        place = tmp_path / threads
        place.mkdir()
        told = {"PYTHONHASHSEED": threads, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
        environment = os.environ | told | {"PYTHONPATH": str(ROOT), "OMP_WAIT_POLICY": "PASSIVE"}
        ran = subprocess.run(
            [sys.executable, "-c", TRAIN, str(place), threads],
            cwd=place,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        digests.append([line for line in ran.stdout.splitlines() if line.startswith("digest")])

    assert digests[0] == digests[1]
    assert len(set(digests[0])) == 4
