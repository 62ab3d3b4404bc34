"""A release serves as it was made, or not at all, and the reason is told."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from components.contracts.errors import ModelError
from components.contracts.release import Release
from components.serving.loading import load
from components.stores.folders import GOLDEN, MANIFEST, ONNX, PIPELINE, SIGNATURE, digest
from components.stores.signatures import Signer, Trust, sign
from tests.models import ROW, key_pair, model, written


@pytest.fixture
def folder(tmp_path) -> Path:
    return written(tmp_path)


@pytest.fixture(scope="module")
def keys(tmp_path_factory) -> dict[str, Path]:
    """Two pairs of keys."""
    place = tmp_path_factory.mktemp("keys")
    return {path.name: path for name in ("ours", "theirs") for path in key_pair(place / name)}


def release(folder: Path, **changes: str) -> Release:
    told = {
        "use_case": "shop",
        "version": "1",
        "digest": "",
        "address": str(folder),
        "run": "r",
        "snapshot": "",
    }
    return Release(**{**told, **changes})


def reseal(folder: Path, name: str, content: bytes) -> None:
    """Change a file and the manifest with it."""
    (folder / name).write_bytes(content)
    told = json.loads((folder / MANIFEST).read_text())
    told["files"][name] = hashlib.sha256(content).hexdigest()
    (folder / MANIFEST).write_text(json.dumps(told))


@pytest.mark.parametrize(("label", "algorithm"), [("late", "forest"), ("kind", "linear"), ("cost", "prior")])
def test_a_release_that_is_as_it_was_made_serves(label, algorithm, tmp_path):
    served = load(release(written(tmp_path, label, algorithm)))

    assert served.engine.name == ("scikit-learn" if algorithm == "prior" else "onnx")
    assert served.single([ROW]).labels == pytest.approx(model(label, algorithm).predict([ROW]).tolist())
    assert served.release.digest == digest(served.release.address)
    assert served.release.snapshot == "abc"


@pytest.mark.parametrize("name", [PIPELINE, ONNX, GOLDEN])
@pytest.mark.parametrize(
    "spoil", [lambda content: content[:-1], lambda content: content[:-1] + b"!", lambda _: b""]
)
def test_an_altered_or_truncated_file_is_refused(name, spoil, folder):
    (folder / name).write_bytes(spoil((folder / name).read_bytes()))

    with pytest.raises(ModelError, match=f"{name} was altered"):
        load(release(folder))


def test_a_file_too_many_is_refused(folder):
    (folder / "sitecustomize.py").write_text("raise SystemExit")

    with pytest.raises(ModelError, match=r"sitecustomize.py is not the model's"):
        load(release(folder))


def test_a_swapped_model_is_refused(folder, tmp_path):
    other = written(tmp_path, "late", "linear")

    with pytest.raises(ModelError, match="it was swapped"):
        load(release(other, digest=digest(folder)))


def test_a_model_of_another_lock_serves_only_where_that_is_allowed(folder):
    told = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**told, "lock": "0" * 64}))

    with pytest.raises(ModelError, match="made under another lock"):
        load(release(folder))
    assert load(release(folder), other_lock=True).engine.name == "onnx"


def test_a_model_that_answers_its_golden_rows_otherwise_is_refused(folder):
    reseal(folder, ONNX, model("late", "linear").onnx)

    with pytest.raises(ModelError, match="golden rows"):
        load(release(folder))


@pytest.mark.parametrize("content", [b"{", b'{"rows": [{"price": "high"}], "scores": [[0.5, 0.5]]}'])
def test_golden_rows_that_cannot_be_asked_are_refused(content, folder):
    reseal(folder, GOLDEN, content)

    with pytest.raises(ModelError, match=r"golden.json cannot be asked"):
        load(release(folder))


@pytest.mark.parametrize("content", [b"", b"\x08\x08", b"cos\n_exit\n(I1\ntR."])
def test_a_graph_that_is_none_is_refused(content, folder):
    reseal(folder, ONNX, content)

    with pytest.raises(ModelError, match=r"the ONNX graph does not load|golden"):
        load(release(folder))


def test_a_signed_model_serves_where_signatures_are_required(folder, keys):
    before = digest(folder)
    sign(str(folder), Signer(keys["ours"]))

    assert load(release(folder), trust=Trust(keys["ours.pub"])).release.digest == before


def test_an_unsigned_model_is_refused_where_signatures_are_required(folder, keys):
    with pytest.raises(ModelError, match="is not signed"):
        load(release(folder), trust=Trust(keys["ours.pub"]))


def test_a_signature_of_another_key_is_refused(folder, keys):
    sign(str(folder), Signer(keys["theirs"]))

    with pytest.raises(ModelError, match="its signature does not hold"):
        load(release(folder), trust=Trust(keys["ours.pub"]))


def test_the_signature_of_another_model_is_refused(folder, keys, tmp_path):
    other = written(tmp_path, "late", "linear")
    sign(str(other), Signer(keys["ours"]))
    (folder / SIGNATURE).write_bytes((other / SIGNATURE).read_bytes())

    with pytest.raises(ModelError, match="its signature does not hold"):
        load(release(folder), trust=Trust(keys["ours.pub"]))


def test_who_changes_a_signed_model_and_its_digests_is_refused(folder, keys):
    sign(str(folder), Signer(keys["ours"]))
    reseal(folder, ONNX, model("late", "linear").onnx)

    with pytest.raises(ModelError, match="its signature does not hold"):
        load(release(folder), trust=Trust(keys["ours.pub"]))
