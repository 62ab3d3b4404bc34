"""What is not kept of a prediction: rows outside the sample, and columns that are masked."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from components.contracts.errors import UseCaseError
from components.contracts.prediction import ID
from components.contracts.prediction_logging import PredictionLogging, Treatment

_SPACE = 2**64


@dataclass(frozen=True)
class Discretion:
    """How rows become what is kept of them."""

    below: int
    """Rows whose id's hash is below this are in the sample."""
    treatments: Mapping[str, Treatment]
    key: bytes

    @classmethod
    def of(cls, keep: PredictionLogging, salt: str) -> Discretion:
        """What a use case asks for.

        Raises:
            UseCaseError: A column is to be hashed and there is no salt.
        """
        hashed = [name for name, how in keep.mask.items() if how == "hash"]
        if hashed and not salt:
            raise UseCaseError(
                f"{', '.join(hashed)} is to be kept as a hash, and there is no key for it; set EVERGREEN_LOG_SALT"
            )
        return cls(round(keep.sample * _SPACE), keep.treatments(), salt.encode())

    def batch(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """What is kept of a batch."""
        if self.below < _SPACE:
            rows = rows.filter(
                pa.array([self.samples(id_) for id_ in rows.column(ID).to_pylist()], pa.bool_())
            )
        if not self.treatments:
            return rows
        schema = self.schema(rows.schema)
        return pa.record_batch(
            [
                pa.array([self._hash(value) for value in rows.column(field.name).to_pylist()], field.type)
                if self.treatments.get(field.name) == "hash"
                else rows.column(field.name)
                for field in schema
            ],
            schema=schema,
        )

    def rows(self, rows: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        """What is kept of rows of plain values."""
        if self.below < _SPACE:
            rows = [row for row in rows if self.samples(row[ID])]
        if not self.treatments:
            return rows
        return [
            {
                name: self._hash(value) if self.treatments.get(name) == "hash" else value
                for name, value in row.items()
                if self.treatments.get(name) != "drop"
            }
            for row in rows
        ]

    def schema(self, schema: pa.Schema) -> pa.Schema:
        """The columns that are kept; hashes are text."""
        if not self.treatments:
            return schema
        return pa.schema(
            [
                field.with_type(pa.string()) if self.treatments.get(field.name) == "hash" else field
                for field in schema
                if self.treatments.get(field.name) != "drop"
            ]
        )

    def samples(self, prediction: str) -> bool:
        """Whether a prediction is in the sample; its id alone decides."""
        digest = hashlib.blake2b(prediction.encode(), digest_size=8).digest()
        return int.from_bytes(digest, "little") < self.below

    def _hash(self, value: Any) -> str | None:
        """HMAC-SHA-256 (RFC 2104) of a value's text: equal values stay equal, and cannot be guessed without the key."""
        if value is None:
            return None
        return hmac.digest(self.key, str(value).encode(), "sha256").hex()
