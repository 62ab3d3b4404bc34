"""One data set and how each step treats it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator

from components.contracts.errors import UseCaseError
from components.contracts.files import parse, read_yaml
from components.contracts.metrics import METRICS, PRIMARY
from components.contracts.schedule import Schedule
from components.contracts.schema import TableSchema
from components.contracts.sections import (
    Analysis,
    Evaluation,
    Extraction,
    Preparation,
    Table,
    Training,
    Validation,
)
from components.contracts.serving import Serving
from components.contracts.spec import Spec
from components.contracts.watching import Monitoring, Triggering


class UseCase(Spec):
    """One data set and how each step treats it."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,50}$", description="Lower-case letters, digits and dashes.")
    description: str = Field(default="", description="What is predicted and for whom, for the reader.")
    table: Table = Field(description="What the columns mean.")
    extraction: Extraction = Field(description="Where the rows are, and which of them a run reads.")
    analysis: Analysis = Field(default=Analysis(), description="How closely the rows are described.")
    preparation: Preparation = Field(description="How rows become features and held-out sets.")
    training: Training = Field(default=Training(), description="How a model is fitted.")
    evaluation: Evaluation = Field(default=Evaluation(), description="What is measured on the held-out rows.")
    validation: Validation = Field(description="When a candidate may serve.")
    serving: Serving = Field(default=Serving(), description="How the champion serves.")
    monitoring: Monitoring = Field(default=Monitoring(), description="What is watched of the served model.")
    triggering: Triggering = Field(default=Triggering(), description="When the model is trained again.")
    schedule: Schedule | None = Field(default=None, description="What of it runs by the clock alone.")

    @classmethod
    def load(cls, path: Path) -> UseCase:
        """Read a use-case file.

        Raises:
            UseCaseError: It is not there, is not YAML, or has a wrong value; all of them are named.
        """
        return parse(cls, read_yaml(path), where=str(path))

    def arguments(self) -> dict[str, Any]:
        """The sections as arguments of the training pipeline. KFP takes JSON values without nulls."""
        left_out = {"description", "monitoring", "triggering", "schedule", "materialization"}
        return self.model_dump(mode="json", exclude_none=True, exclude=left_out)

    @model_validator(mode="after")
    def _metrics_fit_the_task(self) -> Self:
        known = METRICS[self.table.task]
        gated = [gate.metric for gate in self.validation.gates]
        gated += [gate.metric for gate in self.validation.slices]
        used = [*self.evaluation.metrics, *gated]
        if self.training.search is not None and self.training.search.metric is not None:
            used.append(self.training.search.metric)
        watched = self.triggering.performance
        if watched is not None and watched.metric is not None:
            used.append(watched.metric)
        unknown = sorted(set(used) - set(known))
        if unknown:
            raise ValueError(
                f"no {self.table.task} metric is named {', '.join(unknown)}; there are {', '.join(known)}"
            )
        unmeasured = sorted(set(gated) - set(self.metrics()))
        if unmeasured:
            raise ValueError(
                f"gates on metrics that evaluation.metrics does not measure: {', '.join(unmeasured)}"
            )
        return self

    @model_validator(mode="after")
    def _label_is_no_feature(self) -> Self:
        outcome = {self.table.label, self.table.available_time}
        leaking = [name for name in self.preparation.features.names() if name in outcome]
        if leaking:
            raise ValueError(f"{', '.join(leaking)} is only known after the outcome and cannot be a feature")
        return self

    @model_validator(mode="after")
    def _splits_on_what_it_has(self) -> Self:
        by, table = self.preparation.split.by, self.table
        if by == "time" and table.event_time is None:
            raise ValueError("a split by time needs table.event_time")
        if by == "group" and table.group is None:
            raise ValueError("a split by group needs table.group")
        if self.preparation.split.validation + self.preparation.split.test >= 0.9:
            raise ValueError("validation and test take 90 % of the rows or more; leave some to train on")
        if table.event_time is None and self.extraction.features:
            raise ValueError("extraction.features are looked up as of table.event_time; name it")
        if self.schedule is not None and self.schedule.materialization and not self.extraction.features:
            raise ValueError("schedule.materialization brings extraction.features online, and there are none")
        if table.event_time is None and (self.extraction.window.start or self.extraction.window.length):
            raise ValueError("a window needs table.event_time")
        return self

    def metrics(self) -> tuple[str, ...]:
        """The metrics that are measured."""
        return self.evaluation.metrics or tuple(METRICS[self.table.task])

    def search_metric(self) -> str:
        """The metric that the hyperparameter search optimizes."""
        search = self.training.search
        return (search.metric if search else None) or PRIMARY[self.table.task]

    def check(self, schema: TableSchema) -> None:
        """Hold the use case against the schema of its table.

        Raises:
            UseCaseError: With every column that does not fit.
        """
        problems = list(_misfits(self, schema))
        if problems:
            raise UseCaseError("\n".join([f"use case {self.name} and its schema disagree:", *problems]))


def _misfits(case: UseCase, schema: TableSchema) -> list[str]:
    table, features = case.table, case.preparation.features
    roles = {
        "table.label": (table.label,),
        "table.event_time": (table.event_time,),
        "table.available_time": (table.available_time,),
        "table.key": table.key,
        "table.group": (table.group,),
        "extraction.features": case.extraction.looked_up(),
        "preparation.features": features.names(),
        "serving.log.mask": tuple(case.serving.log.mask),
        "evaluation.slices": tuple(part.column for part in case.evaluation.slices),
    }
    problems = [
        f"  - {role} names {name!r}, which the schema does not have"
        for role, names in roles.items()
        for name in names
        if name is not None and name not in schema
    ]
    problems += [
        f"  - {role} is {name!r}, a {schema.column(name).type}; it must be a timestamp or a date"
        for role, name in (
            ("table.event_time", table.event_time),
            ("table.available_time", table.available_time),
        )
        if name is not None and name in schema and schema.column(name).type not in ("timestamp", "date")
    ]
    if table.task == "regression" and table.label in schema and not schema.column(table.label).is_number:
        problems.append(
            f"  - table.label is {table.label!r}, a {schema.column(table.label).type}; regression needs a number"
        )
    fitting = {
        "numeric": ("int64", "float64", "boolean"),
        "categorical": ("string", "boolean", "int64"),
        "calendar": ("timestamp", "date"),
    }
    problems += [
        f"  - preparation.features.{kind} names {name!r}, a {schema.column(name).type}; it takes {', '.join(types)}"
        for kind, types in fitting.items()
        for name in getattr(features, kind)
        if name in schema and schema.column(name).type not in types
    ]
    problems += [
        f"  - {name!r} is a feature, and the schema says that it does not exist at serving"
        for name in features.names()
        if name in schema and "serving" not in schema.column(name).environments
    ]
    return problems
