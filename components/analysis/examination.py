"""Everything that is found out about a snapshot, and whether it may be trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.analysis.anomalies import find_anomalies
from components.analysis.drift import drift_anomalies, measure, without_meaning
from components.analysis.expectations import check_rows
from components.analysis.statistics import describe
from components.contracts.errors import DataError
from components.contracts.reports import AnalysisReport, Statistics

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from components.contracts.schema import TableSchema
    from components.contracts.sections import Analysis, Table


def examine(
    source: ir.Table,
    snapshot: str,
    table: Table,
    schema: TableSchema,
    analysis: Analysis,
    reference: Statistics | None = None,
) -> tuple[Statistics, AnalysisReport]:
    """Describe the rows, hold them against their schema, and measure how far they moved.

    Args:
        source: The rows.
        snapshot: Their address.
        table: What the columns mean.
        schema: What they must look like.
        analysis: How closely they are described.
        reference: Statistics of an earlier snapshot; without them no drift is measured.

    Returns:
        The statistics, and a report with the errors before the warnings.
    """
    statistics = describe(source, schema, analysis, snapshot)
    found = [*check_rows(source, schema, table.key), *find_anomalies(statistics, schema, table)]
    drift = () if reference is None else measure(reference, statistics, without_meaning(table))
    if reference is not None:
        found += drift_anomalies(reference, statistics, drift, schema)
    report = AnalysisReport(
        anomalies=tuple(sorted(found, key=lambda anomaly: anomaly.severity)),  # errors sort first
        drift=drift,
        reference=None if reference is None else reference.snapshot,
    )
    return statistics, report


def refuse(report: AnalysisReport, page: str) -> None:
    """Stop the run if the rows may not be trained on.

    Raises:
        DataError: With every error of the report, and where the page is.
    """
    if report.errors:
        count = len(report.errors)
        raise DataError(
            f"the rows have {count} {'error' if count == 1 else 'errors'}; the page with all figures is {page}",
            [anomaly.message for anomaly in report.errors],
        )
