"""The sections of a use case that close the loop: what is watched, and when it is trained again."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from components.contracts.sections import Extraction
from components.contracts.spec import Period, Spec


class Truth(Spec):
    """Where the ground truth of served predictions is, when it is not where training reads its rows."""

    tables: dict[str, str] = Field(
        default_factory=dict, description="As in `extraction.tables`; its one table, or a query over them."
    )
    connection: str | None = Field(default=None, description="As in `extraction.connection`.")
    query: str | None = Field(
        default=None,
        description="SQL that gives the label, and the prediction's id or the table's key and event time.",
    )
    id: str | None = Field(
        default=None,
        description="The column that holds the prediction's id; joined by key and event time when absent.",
    )

    @model_validator(mode="after")
    def _is_a_source(self) -> Self:
        self.source()
        return self

    def source(self) -> Extraction:
        """The same as extraction reads it.

        Raises:
            ValueError: It is neither files nor a database.
        """
        return Extraction(tables=self.tables, connection=self.connection, query=self.query)


class Shadow(Spec):
    """A cheap challenger, trained on the rows before a window with the champion's settings and never served.

    It answers the question that an alarm on the champion alone cannot: would a fresh model have done better here?
    """

    max_rows: int = Field(default=300_000, ge=100, description="The latest rows that it is fitted on.")


class DriftWatch(Spec):
    """When a column counts as drifted: further than its schema's limit, and than in-control windows explain."""

    false_discovery: float = Field(
        default=0.05,
        gt=0,
        lt=1,
        description="Expected share of false ones among the columns that are called drifted (Benjamini & Hochberg, 1995).",
    )
    windows: int = Field(
        default=8,
        ge=3,
        le=60,
        description="In-control windows the reference is cut into, when it holds fewer of the analysis window's length.",
    )


class Feed(Spec):
    """From where on served rows are the fault of what sends them, and nothing to train on."""

    nulls: float = Field(
        default=0.05, gt=0, lt=1, description="Share of nulls beyond the reference's, per column."
    )
    non_finite: float = Field(
        default=0.01, gt=0, lt=1, description="Share of NaN and infinities beyond the reference's."
    )
    far: float = Field(
        default=0.01,
        gt=0,
        lt=1,
        description="Share of numbers more than the reference's whole range outside of it, as after a change of units.",
    )
    unseen: float = Field(
        default=0.05,
        gt=0,
        lt=1,
        description="Share of values that the reference does not know, per category.",
    )
    skew: float = Field(
        default=0.01,
        gt=0,
        lt=1,
        description="Share of predictions whose input differs from what training reads for the same row.",
    )
    clock: float = Field(
        default=0.01, gt=0, lt=1, description="Share of rows whose event time is later than their answer."
    )


class Monitoring(Spec):
    """What is watched of a served model, and how late its truth may be."""

    window: Period = Field(
        default="1 month", description="The length of what a monitoring run judges, up to its `as_of`."
    )
    every: Period = Field(default="1 week", description="How much later each following monitoring run is.")
    truth: Truth | None = Field(
        default=None, description="Where labels come from; where training reads its rows when absent."
    )
    delay: Period = Field(
        default="1 day",
        description="How long after a row happened its label is expected; younger rows do not count as missing.",
    )
    min_rows: int = Field(default=500, ge=1, description="With fewer labelled rows nothing is concluded.")
    min_coverage: float = Field(
        default=0.5, gt=0, le=1, description="Share of the expected labels that must have come."
    )
    drift: DriftWatch = Field(default=DriftWatch(), description="When a column counts as drifted.")
    feed: Feed = Field(default=Feed(), description="When the rows are the sender's fault.")
    shadow: Shadow | None = Field(
        default=Shadow(), description="The cheap challenger; null watches the champion alone."
    )


class OnPerformance(Spec):
    """Train when a fresh model would be better by more than it costs."""

    metric: str | None = Field(
        default=None, description="One that evaluation measures; the search's when absent."
    )
    gain: float = Field(
        default=0.0,
        ge=0,
        description="What a training costs, in the metric's units: the interval of the shadow's gain over the champion must lie above it.",
    )
    bound: float | None = Field(
        default=None, description="Train also when the champion's interval lies wholly beyond this value."
    )


class OnDrift(Spec):
    """Train when many columns have drifted. Off unless asked for: seasons drift, and a model may not care."""

    share: float = Field(default=0.5, gt=0, le=1, description="Share of the watched columns that must drift.")


class OnNewData(Spec):
    """Train when rows have come in."""

    rows: int = Field(ge=1, description="How many rows beyond the champion's snapshot.")


class OnElapsed(Spec):
    """Train when time has passed; the cause is `schedule`."""

    every: Period = Field(description="How long after the last training.")


class Persistence(Spec):
    """A signal counts when it is there in k of the last n windows."""

    k: int = Field(default=1, ge=1, description="Windows with the signal.")
    n: int = Field(default=1, ge=1, description="Of so many, the present one included.")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.k > self.n:
            raise ValueError(f"{self.k} of {self.n} windows cannot be; k is at most n")
        return self


class Allowance(Spec):
    """How often may be trained."""

    runs: int = Field(ge=0, description="Trainings at most.")
    per: Period = Field(description="In so long.")


class Alerts(Spec):
    """Who is told of a decision that a person should know of. Addresses are of the environment, not of this file."""

    on: tuple[str, ...] = Field(
        default=("train", "feed", "labels", "start-failed", "outcome"),
        description="`train` for a training, `outcome` for whether one helped, else the code of a reason not to train; docs/runbook.md lists them.",
    )


class Triggering(Spec):
    """When a model is trained again. A cause that is null never starts a run."""

    performance: OnPerformance | None = Field(
        default=OnPerformance(), description="A fresh model would be better by more than it costs."
    )
    drift: OnDrift | None = Field(default=None, description="Inputs moved.")
    new_data: OnNewData | None = Field(default=None, description="Rows came in.")
    elapsed: OnElapsed | None = Field(default=None, description="Time passed since the last training.")
    persistence: Persistence = Field(
        default=Persistence(), description="For performance and drift: in how many windows."
    )
    cooldown: Period = Field(default="7 days", description="Time between two trainings, manual ones apart.")
    budget: Allowance | None = Field(
        default=Allowance(runs=12, per="1 year"), description="Trainings that are allowed; null for any."
    )
    min_new_rows: int = Field(
        default=1, ge=0, description="Fewer rows than this beyond the champion's snapshot teach nothing new."
    )
    retry_after: Period = Field(
        default="2 months",
        description="How long a cause waits after a training that it started and that did not help.",
    )
    alerts: Alerts = Field(default=Alerts(), description="Who is told.")
