"""One served prediction as the log keeps it: a row of Parquet, flat, so that models with other inputs lie side by side.

| column | type | what |
|---|---|---|
| `id` | string | the prediction's id, which its ground truth is joined by; unique |
| `time` | timestamp (us, UTC) | when it was answered |
| `event_time` | timestamp (us, UTC) | when the row happened: the request's event time if it gave one, else `time` |
| `use_case`, `version`, `model` | string | whose prediction; the registry's version; digest of the model folder |
| `keys.NAME` | as in the schema | the request's columns of `table.key`, where it gave them |
| `inputs.NAME` | as in the schema | what the model took, features that were looked up included |
| `outputs.label` | as in the schema | with classes: what was predicted |
| `outputs.probability.CLASS` | float64 | with classes: of each, the class as text |
| `outputs.value` | float64 | for regression: what was predicted |

A folder holds `USE_CASE/hour=YYYY-MM-DDTHH/SEGMENT.parquet`, in hours of `event_time`. Reading drops repeated ids.
"""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from components.contracts.model import ModelManifest
from components.contracts.schema import Column, ColumnType

ID = "id"
TIME = "time"
EVENT_TIME = "event_time"
USE_CASE = "use_case"
VERSION = "version"
MODEL = "model"
KEYS = "keys."
INPUTS = "inputs."
LABEL = "outputs.label"
PROBABILITY = "outputs.probability."
VALUE = "outputs.value"

INSTANT = pa.timestamp("us", "UTC")

ARROW: dict[ColumnType, pa.DataType] = {
    "int64": pa.int64(),
    "float64": pa.float64(),
    "string": pa.string(),
    "boolean": pa.bool_(),
    "timestamp": INSTANT,
    "date": pa.date32(),
}
"""Arrow's type of each of ours."""


def class_name(value: object) -> str:
    """A class as the name of its probability's column: `true` and `false` for booleans, else its text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def log_schema(
    manifest: ModelManifest, keys: Iterable[Column] = (), label: ColumnType = "string"
) -> pa.Schema:
    """Columns of the predictions of one model.

    Args:
        manifest: The model.
        keys: The columns that name a row, as the schema describes them.
        label: Type of the label in the schema; with classes only.
    """
    fields = [
        pa.field(ID, pa.string(), nullable=False),
        pa.field(TIME, INSTANT, nullable=False),
        pa.field(EVENT_TIME, INSTANT, nullable=False),
        *(pa.field(name, pa.string(), nullable=False) for name in (USE_CASE, VERSION, MODEL)),
        *(pa.field(KEYS + column.name, ARROW[column.type]) for column in keys),
        *(pa.field(INPUTS + column.name, ARROW[column.type]) for column in manifest.inputs),
    ]
    if manifest.task == "regression":
        return pa.schema([*fields, pa.field(VALUE, pa.float64())])
    probabilities = [pa.field(PROBABILITY + class_name(value), pa.float64()) for value in manifest.classes]
    return pa.schema([*fields, pa.field(LABEL, ARROW[label]), *probabilities])
