"""The schema of a use case: inferred from its rows, written for review, held against them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from components.contracts.errors import UseCaseError
from components.contracts.reports import Anomaly
from components.contracts.schema import Column, TableSchema
from components.contracts.sections import Table
from components.contracts.usecase import UseCase
from pipelines.drafting.columns import column
from pipelines.drafting.profile import Profile, profile, with_gaps
from pipelines.drafting.rows import copied, opened
from pipelines.drafting.text import SCHEMA_HEADER, schema_text

if TYPE_CHECKING:  # for the name alone: it imports Ibis
    from components.extraction.extract import PointInTime


def schema_of(looked: Profile, table: Table, leaking: Mapping[str, str] | None = None) -> TableSchema:
    """Rules for every column.

    Args:
        looked: The rows.
        table: What the columns mean.
        leaking: Columns that do not exist at serving, beside the label and the available time, with the reason.
    """
    afterwards = {table.label: "", table.available_time or "": "", **(leaking or {})}
    columns = (
        column(
            one,
            training_only=one.name in afterwards,
            key=table.key == (one.name,) and one.unique,
            label=one.name == table.label and table.task == "classification",
        ).model_copy(update={"description": afterwards.get(one.name, "")})
        for one in looked.columns
    )
    return TableSchema(columns=tuple(columns))


def infer_schema(case: UseCase, data: str, features: PointInTime | None = None) -> TableSchema:
    """Infer the schema of a use case from all of its rows, whatever the window.

    Args:
        case: The use case.
        data: What relative addresses are relative to.
        features: The feature store; needed where columns are looked up.

    Raises:
        SourceError: The source cannot be read.
        UseCaseError: The use case names columns that the rows do not have, or there are no rows.
    """
    with opened(case.extraction, data, case.table.event_time, features) as rows:
        looked = with_gaps(profile(rows), rows, case.table.event_time)
    if looked.rows == 0:
        raise UseCaseError(f"the source of {case.name} has no rows to infer a schema from")
    schema = schema_of(looked, case.table)
    case.check(schema)
    return schema


def write_schema(schema: TableSchema, path: Path) -> None:
    """Write a schema file. What people wrote in one that is there stays: its header and the columns' descriptions.

    Raises:
        UseCaseError: The file that is there is not a schema; it is left as it is.
    """
    header = SCHEMA_HEADER
    if path.exists():
        before = {one.name: one for one in TableSchema.load(path).columns}
        schema = schema.model_copy(
            update={"columns": tuple(_described(one, before.get(one.name)) for one in schema.columns)}
        )
        header = _header(path.read_text(encoding="utf-8")) or header
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(schema_text(schema, header), encoding="utf-8")


def _described(new: Column, old: Column | None) -> Column:
    if old is None or new.description:
        return new
    return new.model_copy(update={"description": old.description})


def _header(text: str) -> str:
    lines = []
    for line in text.splitlines(keepends=True):
        if not line.startswith("#"):
            break
        lines.append(line)
    return "".join(lines)


def check_schema(
    case: UseCase, schema: TableSchema, data: str, features: PointInTime | None = None
) -> list[Anomaly]:
    """Everything about the rows of a use case that its schema forbids, as a run would find it; all windows at once.

    Args:
        case: The use case.
        schema: The schema that is kept in git.
        data: What relative addresses are relative to.
        features: The feature store; needed where columns are looked up.

    Raises:
        SourceError: The source cannot be read, or does not have the schema's types.
        DataError: It lacks columns of the schema.
        UseCaseError: The use case and the schema disagree.
    """
    from components.analysis.examination import examine
    from components.analysis.rows import open_rows

    case.check(schema)
    with copied(case.extraction, data, schema, case.table.event_time, features) as path:
        rows = open_rows(str(path), scratch=str(path.parent))
        _, report = examine(rows, case.name, case.table, schema, case.analysis)
    return list(report.anomalies)
