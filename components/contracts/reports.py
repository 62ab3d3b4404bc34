"""What the steps hand to each other, to the metadata store and to the reader: typed, immutable JSON."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict

from components.contracts.schema import ColumnType


class Report(BaseModel):
    """A JSON file. NaN and the infinities survive as strings."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="strings")

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """The report in a file."""
        return cls.model_validate_json(Path(path).read_text(encoding="utf-8"))

    def write(self, path: str | Path) -> None:
        """Write the report to a file."""
        Path(path).write_text(self.model_dump_json(indent=1) + "\n", encoding="utf-8")


# ---- extraction -------------------------------------------------------------


class ExtractionReport(Report):
    """What was read and what was left out. Counts are rows."""

    snapshot: str
    """Address of the snapshot; its last part is the digest of the content."""
    digest: str
    rows: int
    columns: int
    start: datetime | None = None
    end: datetime | None = None
    """The window `[start, end)`; None without event time."""
    watermark: datetime | None = None
    """Latest event time that was read."""
    before_window: int = 0
    after_window: int = 0
    without_event_time: int = 0
    not_yet_available: int = 0
    late: int = 0
    duplicates: int = 0
    """Rows beyond the first of their key."""


# ---- analysis ---------------------------------------------------------------


class Bin(Report):
    """A bar of a histogram: values in `[low, high)`, the last bar closed."""

    low: float
    high: float
    count: int


class ValueCount(Report):
    """How often a value occurs, the value as text."""

    value: str
    count: int


class ColumnStatistics(Report):
    """One column of a snapshot. Moments and quantiles are of the finite values; timestamps count in seconds since 1970."""

    name: str
    type: ColumnType
    rows: int
    nulls: int
    non_finite: int = 0
    distinct: int = 0
    """Exact where they are few; beyond 20,000 approximate (HyperLogLog)."""
    zeros: int | None = None
    min: float | None = None
    max: float | None = None
    mean: float | None = None
    std: float | None = None
    """Of the population."""
    quantiles: tuple[float, ...] = ()
    """At 0, 5, …, 100 %; exact where values are few, else to a 4,000th of the range at worst."""
    histogram: tuple[Bin, ...] = ()
    top: tuple[ValueCount, ...] = ()
    other: int = 0
    """Values that are not in `top`."""


class Statistics(Report):
    """One profile per column of a snapshot."""

    snapshot: str
    rows: int
    columns: tuple[ColumnStatistics, ...]


class Anomaly(Report):
    """One thing that is wrong, or strange, about the rows."""

    column: str | None
    check: str
    severity: Literal["error", "warning"]
    message: str
    rows: int | None = None
    """How many rows fail, where that can be counted."""
    examples: tuple[str, ...] = ()


class ColumnDrift(Report):
    """How far one column moved from the reference snapshot."""

    column: str
    psi: float
    """Population stability index."""
    distance: float | None = None
    """Of numbers: Wasserstein distance in standard deviations of the reference."""


class AnalysisReport(Report):
    """Everything that was found; errors stop the run."""

    anomalies: tuple[Anomaly, ...] = ()
    drift: tuple[ColumnDrift, ...] = ()
    reference: str | None = None
    """The snapshot that drift was measured against."""

    @property
    def errors(self) -> tuple[Anomaly, ...]:
        """The anomalies that stop the run."""
        return tuple(anomaly for anomaly in self.anomalies if anomaly.severity == "error")


# ---- preparation ------------------------------------------------------------


class Part(Report):
    """One side of the split."""

    rows: int
    start: datetime | None = None
    end: datetime | None = None
    """First and last event time, both included."""
    positives: float | None = None
    """Share of the positive class, or mean of a numeric label; None with more than two classes."""


class PreparationReport(Report):
    """How the rows were split."""

    split_by: str
    unlabelled: int
    """Rows left out because they have no label."""
    train: Part
    validation: Part
    test: Part
    single_scores: dict[str, float] = {}
    """How well each feature alone ranks the label, 0.5 (or 0) to 1."""


# ---- training ---------------------------------------------------------------


class Candidate(Report):
    """One setting that the search tried."""

    algorithm: str
    parameters: dict[str, Any]
    score: float
    """Mean over the folds of the search's metric, as it is (not negated)."""
    std: float
    seconds: float


class TrainingReport(Report):
    """How the model came about."""

    algorithm: str
    parameters: dict[str, Any]
    search_metric: str
    candidates: tuple[Candidate, ...] = ()
    threshold: float | None = None
    rows: int
    """Rows that the served model was fitted on: train and validation."""
    seconds: float
    peak_memory_mb: float
    model_digest: str
    baseline_digest: str


# ---- evaluation -------------------------------------------------------------


class Estimate(Report):
    """A value and its bootstrap interval."""

    value: float
    low: float
    high: float


class Reliability(Report):
    """Predicted probability against what happened, in one bin."""

    predicted: float
    observed: float
    rows: int


class SliceScore(Report):
    """One slice: a column, one of its values, and how the models do there."""

    column: str
    value: str
    rows: int
    candidate: dict[str, float]
    champion: dict[str, float] = {}
    over_champion: dict[str, Estimate] = {}


class Cost(Report):
    """What the model costs when it serves."""

    size_mb: float
    """Of the model folder, in 10^6 bytes."""
    latency_ms: float
    """Median of single-row predictions as they are served, but for the transport."""
    latency_p99_ms: float


class EvaluationReport(Report):
    """Candidate, champion and baseline on the same held-out rows. Gains are oriented so that positive is better."""

    rows: int
    start: datetime | None = None
    end: datetime | None = None
    blocks: int
    """Units that the bootstrap drew: blocks of time, or rows."""
    candidate: dict[str, Estimate]
    baseline: dict[str, Estimate]
    champion: dict[str, Estimate] = {}
    over_baseline: dict[str, Estimate]
    over_champion: dict[str, Estimate] = {}
    candidate_model: str | None = None
    """Digest of the candidate."""
    champion_model: str | None = None
    """Digest of the champion; None when there is none."""
    champion_problem: str | None = None
    """Why the champion could not be measured, when there is one that could not."""
    slices: tuple[SliceScore, ...] = ()
    reliability: tuple[Reliability, ...] = ()
    importance: dict[str, float] = {}
    """How much the log loss, or the root mean squared error, grows when a feature is shuffled."""
    threshold: float | None = None
    non_finite: int = 0
    """Predictions that are NaN or infinite."""
    serving_problem: str | None = None
    """Why the candidate may not serve: as it would, it answers the held-out rows otherwise than scikit-learn."""
    cost: Cost
    notes: tuple[str, ...] = ()


# ---- validation -------------------------------------------------------------


class Verdict(Report):
    """Validation's answer, with every reason against."""

    reasons: tuple[str, ...] = ()
    """Why the candidate may not serve; empty when it may."""
    sound: bool
    """Whether the candidate passed all that does not depend on the champion: it is a challenger."""
    passed: bool

    def to_markdown(self, title: str = "Verdict") -> str:
        """The verdict for a person."""
        if self.passed:
            return f"# {title}: passed\n\nThe candidate met every gate.\n"
        return "\n".join([f"# {title}: refused\n", *(f"- {reason}" for reason in self.reasons)]) + "\n"


# ---- the metadata store -----------------------------------------------------

Cause = Literal["manual", "schedule", "new-data", "drift", "performance"]


class StepRecord(Report):
    """One execution of a step; a step that was reused has none in that run."""

    step: str
    started: datetime
    seconds: float
    peak_memory_mb: float
    error: str | None = None
    """What went wrong, for a person."""


class RunHeader(Report):
    """What is known of a run when it starts."""

    run: str
    use_case: str
    cause: Cause
    as_of: str
    """The instant that the run pretends it is, in ISO 8601."""
    code: str
    """Version of the code: the git commit, marked where the tree was changed, or a digest of the sources."""
    lock: str
    """Digest of requirements.lock."""
    config: dict[str, Any]
    """The use case's sections and its schema."""


class RunSummary(Report):
    """One line of a use case's history."""

    run: str
    use_case: str
    started: datetime
    seconds: float | None = None
    cause: str
    as_of: str
    window: str = ""
    snapshot: str = ""
    code: str = ""
    lock: str = ""
    status: Literal["running", "interrupted", "succeeded", "failed"]
    verdict: Literal["champion", "passed", "refused", ""] = ""
    reasons: tuple[str, ...] = ()
    """Why it failed, or why the candidate was refused."""
    version: str = ""
    """The registry's version of the model."""
    champion: str = ""
    """The version that the candidate was compared with."""
    metrics: dict[str, float] = {}
