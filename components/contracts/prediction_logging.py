"""What of a served prediction is kept: which share of them, and which columns not in clear."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from components.contracts.prediction import INPUTS, KEYS
from components.contracts.spec import Spec

Treatment = Literal["drop", "hash"]


class PredictionLogging(Spec):
    """What the prediction log keeps of each prediction."""

    sample: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="Share of the predictions that is kept. The id decides, so the same ones are kept everywhere.",
    )
    mask: dict[str, Treatment] = Field(
        default_factory=dict,
        description="Column to `drop` (not kept) or `hash` (kept as a keyed hash, with EVERGREEN_LOG_SALT as the key).",
    )

    def treatments(self) -> dict[str, Treatment]:
        """What is done to each column of the log: a key and an input of the same name are the same thing."""
        return {prefix + name: how for name, how in self.mask.items() for prefix in (KEYS, INPUTS)}

    @model_validator(mode="after")
    def _named(self) -> Self:
        if "" in self.mask:
            raise ValueError("mask names a column without a name")
        return self
