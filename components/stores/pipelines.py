"""Fitted pipelines as bytes that run no code when they are read, and that are the same bytes for the same pipeline."""

from __future__ import annotations

import io
import json
from typing import Any
from zipfile import ZipFile, ZipInfo

from components.contracts.errors import ModelError

TRUSTED = (
    "components.preparation.features.Calendar",
    "numpy.clip",
    "numpy.dtype",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.tree._tree.Tree",
)
"""What our algorithms are made of beside the types that skops trusts itself. A pipeline that names any other is refused."""

_SCHEMA = "schema.json"


def dump(pipeline: Any) -> bytes:
    """A fitted pipeline in the format of skops, its names and times made to depend on the content alone.

    skops names every part after its address in memory, and the archive carries the time of writing; both are replaced,
    since a model is named by the digest of its bytes.
    """
    import skops.io

    with ZipFile(io.BytesIO(skops.io.dumps(pipeline))) as written:
        names: dict[Any, int] = {}
        tree = _renamed(json.loads(written.read(_SCHEMA)), names)
        files = {_file(name, names): written.read(name) for name in written.namelist() if name != _SCHEMA}
    content = {_SCHEMA: json.dumps(tree, separators=(",", ":")).encode(), **dict(sorted(files.items()))}
    packed = io.BytesIO()
    with ZipFile(packed, "w") as archive:
        for name, data in content.items():
            archive.writestr(ZipInfo(name), data)  # a ZipInfo without a time says 1980
    return packed.getvalue()


def load(content: bytes) -> Any:
    """The pipeline in these bytes.

    Raises:
        ModelError: It cannot be read, or is made of what is not trusted; nothing of it was run.
    """
    import skops.io

    try:
        untrusted = sorted(set(skops.io.get_untrusted_types(data=content)) - set(TRUSTED))
        if untrusted:
            raise ModelError(f"the pipeline is made of what is not trusted: {', '.join(untrusted)}")
        return skops.io.loads(content, trusted=list(TRUSTED))
    except ModelError:
        raise
    except Exception as error:  # a file that is no such archive fails in any way
        raise ModelError(
            f"the pipeline does not load: {type(error).__name__}: {error}; train it again"
        ) from error


def _renamed(node: Any, names: dict[Any, int]) -> Any:
    """The tree with its parts numbered in the order that they occur."""
    if isinstance(node, list):
        return [_renamed(part, names) for part in node]
    if not isinstance(node, dict):
        return node
    told = dict(node)
    if "__id__" in node:
        # Whether two equal plain values are one object is chance; no part of a model.
        part = len(names) if node["__loader__"] == "JsonNode" else node["__id__"]
        told["__id__"] = names.setdefault(
            ("plain", part) if node["__loader__"] == "JsonNode" else part, len(names)
        )
    told |= {key: _renamed(value, names) for key, value in node.items() if key != "__id__"}
    if isinstance(told.get("file"), str) and "__loader__" in told:
        told["file"] = _file(told["file"], names)
    return told


def _file(name: str, names: dict[Any, int]) -> str:
    stem, dot, kind = name.partition(".")
    return f"{names[int(stem)]:06d}{dot}{kind}"
