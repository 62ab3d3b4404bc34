"""Values as small numbers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def codes_of(values: pa.ChunkedArray) -> np.ndarray:
    """A number from 0 for every value (n,), the same where the values are; missing ones share the largest."""
    encoded = values.dictionary_encode().combine_chunks()
    return np.asarray(pc.fill_null(encoded.indices, len(encoded.dictionary)).to_numpy(), dtype=np.int64)
