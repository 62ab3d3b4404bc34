"""Models of the past: asked beside new ones, and never served.

A new scikit-learn or a change of the feature code makes every earlier pipeline unloadable. The model that serves must still
be compared with what is to replace it, and be watched; its ONNX graph needs neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from components.contracts.errors import DataError
from components.stores.folders import ONNX, other_code, read_contents, require_same_code
from components.stores.models import Model, loaded

if TYPE_CHECKING:
    from components.serving.engines import OnnxEngine
    from components.stores.models import Rows


@dataclass(frozen=True)
class GraphModel(Model):
    """A model whose pipeline cannot be loaded any more: its graph answers, as it does where it serves."""

    def scores(self, rows: Rows) -> np.ndarray:
        """Probabilities (n, k) in the order of `manifest.classes`; for regression the predicted numbers (n,).

        Args:
            rows: A table; nobody asks these models with anything else.

        Raises:
            DataError: A column is missing.
            ModelError: The graph does not load, or fails.
        """
        from components.serving.form import rows_of

        if not isinstance(rows, pa.Table):
            raise TypeError(f"a table is needed, not {type(rows).__name__}")
        names = [column.name for column in self.manifest.inputs]
        if absent := [name for name in names if name not in rows.column_names]:
            raise DataError("The rows do not fit the model's inputs; they lack these columns:", absent)
        return self._engine.scores(rows_of(rows, names))

    @cached_property
    def _engine(self) -> OnnxEngine:
        from components.serving.engines import OnnxEngine

        return OnnxEngine(self.onnx or b"", self.manifest)


def read_past_model(address: str | Path) -> Model:
    """Load a model of any age, to be asked: by its graph where scikit-learn or the feature code have moved on since.

    Raises:
        ModelError: The folder is incomplete, altered or has other files; or it was made with other code and has no graph.
        StoreError: The store cannot be read.
    """
    manifest, contents = read_contents(address)
    if ONNX in contents and other_code(manifest) is not None:
        return GraphModel(manifest, None, contents[ONNX])
    require_same_code(manifest, address)
    return loaded(manifest, contents, address)
