"""Step 2: analysis."""

from kfp.dsl import HTML, Artifact, Output

from components.step import step


@step
def analyze(
    snapshot: str,
    table: dict,
    schema: dict,
    analysis: dict,
    reference: str,
    statistics: Output[Artifact],
    report: Output[Artifact],
    page: Output[HTML],
):
    """Describe the rows, and refuse those that may not be trained on, with every reason.

    Args:
        snapshot: Address of the rows.
        table: The use case's `table` section.
        schema: What the columns must look like.
        analysis: The use case's `analysis` section.
        reference: Address of an earlier snapshot's statistics, which drift is measured against; empty when there is none.

    Returns:
        statistics: Statistics, one profile per column.
        report: Analysis report: every anomaly, and the drift.
        page: Everything that was found, with plots.
    """
    from pathlib import Path

    from components.analysis.examination import examine, refuse
    from components.analysis.page import render
    from components.analysis.rows import open_rows
    from components.contracts.reports import Statistics
    from components.contracts.schema import TableSchema
    from components.contracts.sections import Analysis, Table
    from components.stores.objects import read_bytes
    from components.stores.snapshots import local_copy

    columns = TableSchema.model_validate(schema)
    before = Statistics.model_validate_json(read_bytes(reference)) if reference else None
    scratch = Path(f"{page.path}.scratch")
    rows = open_rows(local_copy(snapshot, scratch / "rows"), str(scratch / "engine"))

    meaning, closeness = Table.model_validate(table), Analysis.model_validate(analysis)
    found, findings = examine(rows, snapshot, meaning, columns, closeness, before)

    found.write(statistics.path)
    findings.write(report.path)
    Path(page.path).write_text(render(found, findings, columns, before), encoding="utf-8")
    refuse(findings, page.uri)
