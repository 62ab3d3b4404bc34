"""The sections of a use case, one per step, in the order of the steps."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from components.contracts.metrics import Task
from components.contracts.spec import Instant, Period, Spec, period

Scalar = str | bool | int | float


class Table(Spec):
    """What the columns mean."""

    task: Task = Field(description="classification (two classes or more) or regression.")
    label: str = Field(description="The column to predict.")
    positive: Scalar | None = Field(
        default=None,
        description="With two classes, the one whose probability is the score; the last in sorted order when absent.",
    )
    event_time: str | None = Field(
        default=None,
        description="When the row happened, known at prediction. Windows, splits and drift follow it.",
    )
    available_time: str | None = Field(
        default=None,
        description="When the row, its label included, could first be read. A run does not see later rows.",
    )
    key: tuple[str, ...] = Field(default=(), description="The columns that together name one row.")
    group: str | None = Field(
        default=None, description="Rows of one group stay on one side of a split that is not by time."
    )


class Window(Spec):
    """The half-open interval of event time `[start, end)` that a run reads, relative to its `as_of`."""

    start: Instant | None = Field(default=None, description="A fixed beginning: the window grows with time.")
    length: Period | None = Field(default=None, description="A window of this length that moves with time.")
    delay: Period = Field(default="0 days", description="How long before `as_of` the window ends.")

    @model_validator(mode="after")
    def _one_beginning(self) -> Self:
        if self.start is not None and self.length is not None:
            raise ValueError("give start (a window that grows) or length (one that moves), not both")
        return self

    def bounds(self, as_of: datetime) -> tuple[datetime | None, datetime]:
        """Start (None: from the first row) and end of the window as seen at `as_of`."""
        end = as_of - period(self.delay)
        return (end - period(self.length) if self.length else self.start), end


class Replay(Spec):
    """A recorded data set has no present: without `as_of`, each finished run is followed by one a step later."""

    first: Instant = Field(description="The instant that the first run pretends it is.")
    step: Period = Field(description="How much later each following run is.")


class Lookup(Spec):
    """Columns that the feature store adds to each row: in training as of its event time, in serving as of the request."""

    view: str = Field(description="A feature view; the rows have its keys as columns.")
    columns: tuple[str, ...] = Field(min_length=1, description="Which of its features are taken.")
    missing: Literal["null", "refuse"] = Field(
        default="null",
        description="When a request's key is unknown or its values are beyond their time to live: null, or refuse the request.",
    )
    defaults: dict[str, Scalar] = Field(
        default_factory=dict, description="Column to the value that serving takes in place of null."
    )

    @model_validator(mode="after")
    def _defaults_are_columns(self) -> Self:
        unknown = sorted(set(self.defaults) - set(self.columns))
        if unknown:
            raise ValueError(f"defaults for columns that are not looked up: {', '.join(unknown)}")
        return self


class Extraction(Spec):
    """Where the rows are, and which of them a run reads."""

    tables: dict[str, str] = Field(
        default_factory=dict,
        description="Name to file, folder, gs:// or s3:// address of Parquet or CSV; relative to EVERGREEN_DATA.",
    )
    connection: str | None = Field(
        default=None,
        description="An Ibis address of a database, as in postgres://${PGUSER}:${PGPASSWORD}@host/db, in place of tables.",
    )
    query: str | None = Field(
        default=None, description="SQL over the tables, one row per example; not needed for a single table."
    )
    window: Window = Field(
        default=Window(), description="Which rows by event time; all of them when left out."
    )
    lateness: Period = Field(
        default="1 day",
        description="A row that became available longer than this after it happened counts as late.",
    )
    features: tuple[Lookup, ...] = Field(
        default=(),
        description="What the feature store adds to each row; the query does not have these columns.",
    )
    replay: Replay | None = Field(
        default=None, description="For recorded data, so that its past can be run as if it were now."
    )

    def looked_up(self) -> tuple[str, ...]:
        """The columns that the feature store adds."""
        return tuple(name for lookup in self.features for name in lookup.columns)

    @model_validator(mode="after")
    def _looked_up_once(self) -> Self:
        names = self.looked_up()
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"columns that are looked up more than once: {', '.join(twice)}")
        return self

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if bool(self.tables) == bool(self.connection):
            raise ValueError("give tables (files) or connection (a database), one of the two")
        if self.query is None and len(self.tables) != 1:
            raise ValueError(
                "a query is needed to make one table of " + (", ".join(self.tables) or "the database")
            )
        bad = [name for name in self.tables if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name)]
        if bad:
            raise ValueError(
                f"table names are letters, digits and _, so that a query can name them: {', '.join(bad)}"
            )
        return self


class Analysis(Spec):
    """How closely the rows are described."""

    bins: int = Field(default=20, ge=2, le=200, description="Bars of a histogram.")
    top: int = Field(default=20, ge=1, le=200, description="Most frequent values that are listed.")


class Features(Spec):
    """The model's inputs, by how they are treated. Columns that are named nowhere are not used."""

    numeric: tuple[str, ...] = Field(default=(), description="Numbers and booleans, taken as they are.")
    categorical: tuple[str, ...] = Field(
        default=(), description="Texts, booleans and whole numbers that are names, not amounts."
    )
    calendar: tuple[str, ...] = Field(
        default=(), description="Dates and timestamps, read as month, weekday and hour (UTC)."
    )
    min_frequency: int = Field(default=20, ge=1, description="Categories with fewer rows are taken together.")

    def names(self) -> tuple[str, ...]:
        """All input columns, in the order the model takes them."""
        return (*self.numeric, *self.categorical, *self.calendar)

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        names = self.names()
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"features named more than once: {', '.join(twice)}")
        if not names:
            raise ValueError("name at least one feature")
        return self


class Split(Spec):
    """Shares of rows that are held out; by time the latest, in the order train, validation, test."""

    by: Literal["time", "group", "label", "random"] | None = Field(
        default=None,
        description="time where there is an event time, else group where there is one, else label (stratified), else random.",
    )
    validation: float = Field(
        default=0.15, gt=0, lt=0.5, description="Share of the rows to choose settings on."
    )
    test: float = Field(default=0.2, gt=0, lt=0.5, description="Share of the rows to judge the model on.")
    seed: int = Field(default=0, description="Decides which rows are drawn; a split by time draws none.")


class Leakage(Spec):
    """What is too good to be true."""

    max_single_score: float = Field(
        default=0.98,
        gt=0.5,
        le=1,
        description="A feature that alone ranks the label this well stops the run: ROC AUC, or |Spearman| for regression.",
    )
    allowed: tuple[str, ...] = Field(
        default=(), description="Features that were looked at and may be this good."
    )


class Preparation(Spec):
    """How rows become features and held-out sets."""

    features: Features = Field(description="The model's inputs.")
    split: Split = Field(default=Split(), description="Which rows are held out.")
    leakage: Leakage = Field(default=Leakage(), description="What is too good to be true.")


class Search(Spec):
    """A random search over an algorithm's hyperparameters, judged by cross-validation that respects time."""

    candidates: int = Field(default=8, ge=1, le=1000, description="The budget: how many settings are tried.")
    folds: int = Field(default=3, ge=2, le=20, description="Parts of the cross-validation.")
    metric: str | None = Field(default=None, description="log_loss or rmse when absent.")
    max_rows: int = Field(default=50_000, ge=100, description="The latest rows that the search looks at.")


class Training(Spec):
    """How a model is fitted."""

    algorithms: tuple[str, ...] = Field(
        default=("gradient-boosting",),
        min_length=1,
        description="Tried in turn; the best in the search is fitted.",
    )
    parameters: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="Algorithm to hyperparameters that are fixed and not searched."
    )
    search: Search | None = Field(
        default=Search(), description="How settings are searched; null fits the parameters as they are."
    )
    baseline: str = Field(
        default="prior", description="The algorithm of the simple baseline trained beside it."
    )
    threshold: float | Literal["f1", "balanced_accuracy"] = Field(
        default="f1",
        description="With two classes: from which probability the positive one is predicted, or what that choice maximizes on the validation rows.",
    )
    seed: int = Field(default=0, ge=0, lt=2**32, description="Decides every random choice in training.")


class Slice(Spec):
    """A column by whose values the rows are looked at apart."""

    column: str = Field(description="The column whose values are told apart.")
    bins: int | None = Field(default=None, ge=2, le=20, description="Cut a number at this many quantiles.")


class Bootstrap(Spec):
    """How the intervals are made: percentile bootstrap, by blocks of time where rows have one.

    Rows of one day share its weather; drawn one by one they would look more certain than they are
    (Davison & Hinkley, Bootstrap Methods and their Application, 1997, ch. 3.8).
    """

    resamples: int = Field(default=500, ge=100, le=10_000, description="How often the rows are drawn anew.")
    confidence: float = Field(default=0.95, gt=0.5, lt=1, description="Share of the draws that lie inside.")
    block: Period | None = Field(
        default="1 day",
        description="Rows of one block of event time are drawn together; null draws row by row.",
    )
    seed: int = Field(default=0, description="Decides which rows are drawn.")


class Evaluation(Spec):
    """What is measured on the held-out rows."""

    metrics: tuple[str, ...] = Field(default=(), description="All that fit the task when empty.")
    slices: tuple[Slice, ...] = Field(
        default=(), description="Columns by whose values the rows are looked at apart."
    )
    bootstrap: Bootstrap = Field(default=Bootstrap(), description="How the intervals are made.")
    importance_rows: int = Field(
        default=5_000, ge=0, description="Rows for permutation importance; 0 leaves it out."
    )


class Gate(Spec):
    """One condition a candidate must meet. All gains are oriented so that positive is better."""

    metric: str = Field(description="One that evaluation measures.")
    bound: float | None = Field(default=None, description="The worst value allowed.")
    over_baseline: float | None = Field(
        default=None, description="The interval of the gain over the baseline must lie above this."
    )
    over_champion: float | None = Field(
        default=None,
        description="The interval of the gain over the champion must lie above this: 0 demands better, a negative value no worse than by that much.",
    )

    @model_validator(mode="after")
    def _demands_something(self) -> Self:
        if self.bound is None and self.over_baseline is None and self.over_champion is None:
            raise ValueError(
                f"the gate on {self.metric} demands nothing; give bound, over_baseline or over_champion"
            )
        return self


class SliceGate(Spec):
    """A condition that each slice of enough rows must meet."""

    metric: str = Field(description="One that evaluation measures.")
    min_rows: int = Field(default=200, ge=1, description="Smaller slices are shown and not judged.")
    bound: float | None = Field(default=None, description="The worst value allowed in any slice.")
    over_champion: float | None = Field(
        default=None,
        description="The interval of the gain over the champion may not lie wholly below this in any slice.",
    )


class Budget(Spec):
    """What the model may cost when it serves."""

    max_size_mb: float = Field(
        default=200.0, gt=0, description="Size of the model folder in MB (10^6 bytes)."
    )
    max_latency_ms: float = Field(
        default=250.0, gt=0, description="Median time of a single-row request to the predictor."
    )
    max_latency_p99_ms: float = Field(
        default=1000.0, gt=0, description="Time within which 99 % of single-row requests are answered."
    )


class Validation(Spec):
    """When a candidate may serve."""

    gates: tuple[Gate, ...] = Field(min_length=1, description="Conditions on all held-out rows.")
    slices: tuple[SliceGate, ...] = Field(
        default=(), description="Conditions on every slice of evaluation.slices."
    )
    budget: Budget = Field(default=Budget(), description="What the model may cost when it serves.")
    unmeasured_champion: Literal["stays", "goes"] = Field(
        default="stays",
        description="A champion that cannot be measured, as its files are gone: stays, or goes for a candidate that meets the rest.",
    )
