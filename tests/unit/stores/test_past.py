"""A champion must still answer when the libraries have moved on, to be compared with what is to replace it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from components.contracts.errors import DataError, ModelError
from components.stores.folders import MANIFEST, ONNX
from components.stores.models import read_model
from components.stores.past import read_past_model
from tests.models import model, rows, written

OTHER = {"libraries": {"scikit-learn": "0.1"}}


def aged(folder: Path, **changes) -> Path:
    told = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**told, **changes}))
    return folder


@pytest.mark.parametrize("changes", [OTHER, {"features_code": "other"}], ids=["scikit-learn", "features"])
@pytest.mark.parametrize("label", ["late", "kind", "cost"])
def test_a_model_of_other_code_answers_by_its_graph(tmp_path, label, changes):
    folder = aged(written(tmp_path, label), **changes)

    found = read_past_model(folder).scores(rows())

    expected = model(label).scores(rows())
    assert np.abs(found - expected).max() <= 1e-5 * max(1.0, np.std(expected))


def test_a_model_of_this_code_answers_by_its_pipeline_to_the_last_bit(tmp_path):
    folder = written(tmp_path)
    assert (read_past_model(folder).scores(rows()) == read_model(folder).scores(rows())).all()


def test_without_a_graph_a_model_of_other_code_is_refused(tmp_path):
    folder = written(tmp_path)
    files = json.loads((folder / MANIFEST).read_text())["files"]
    del files[ONNX]
    (folder / ONNX).unlink()
    aged(folder, **OTHER, files=files)

    with pytest.raises(ModelError, match=r"made with scikit-learn 0\.1"):
        read_past_model(folder)


def test_an_altered_graph_is_refused(tmp_path):
    folder = aged(written(tmp_path), **OTHER)
    (folder / ONNX).write_bytes(b"something else")

    with pytest.raises(ModelError, match=r"model\.onnx was altered"):
        read_past_model(folder)


def test_rows_that_lack_a_column_are_named(tmp_path):
    found = read_past_model(aged(written(tmp_path), **OTHER))

    with pytest.raises(DataError, match="shop"):
        found.scores(rows().drop_columns(["shop"]))
