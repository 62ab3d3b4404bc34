"""What came of scoring a window."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from components.contracts.reports import Report


class ScoringReport(Report):
    """One model's predictions for the rows of a snapshot."""

    use_case: str
    version: str
    """The model's number in the registry."""
    model: str
    """Digest of the model folder."""
    snapshot: str
    """Address of the rows."""
    as_of: datetime
    rows: int
    predictions: str
    """Address of the Parquet file."""
    outcomes: dict[str, int] = Field(default_factory=dict)
    """With classes: how many rows each was predicted for."""
    mean: float | None = None
    """For regression: mean of the predicted numbers; None without rows."""
