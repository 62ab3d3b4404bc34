"""What the commands show, as tables for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from components.contracts.reports import (
    Estimate,
    EvaluationReport,
    ExtractionReport,
    RunSummary,
    StepRecord,
)

_COLOURS = {
    "champion": "green",
    "passed": "green",
    "succeeded": "green",
    "failed": "red",
    "refused": "yellow",
}


def run_page(
    summary: RunSummary,
    steps: Sequence[StepRecord],
    names: Sequence[str],
    extraction: ExtractionReport | None,
    evaluation: EvaluationReport | None,
    places: Mapping[str, str],
) -> RenderableType:
    """Everything about one run.

    Args:
        summary: The run.
        steps: The steps that ran.
        names: All steps, in order.
        extraction: What was read, if it came to that.
        evaluation: How the models did, if it came to that.
        places: Name to path or address of what a reader may want to open.
    """
    parts: list[RenderableType] = [_facts(summary, extraction), steps_table(steps, names, summary)]
    if evaluation is not None:
        parts.append(metrics_table(evaluation))
    parts.append(verdict(summary))
    parts += [Text.assemble((f"{name:<11} ", "dim"), place) for name, place in places.items()]
    return Group(*parts)


def _facts(summary: RunSummary, extraction: ExtractionReport | None) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_row("run", summary.run)
    grid.add_row("use case", f"{summary.use_case}, as of {summary.as_of} ({summary.cause})")
    if extraction is not None:
        left_out = {
            "outside the window": extraction.before_window + extraction.after_window,
            "not yet available": extraction.not_yet_available,
            "without event time": extraction.without_event_time,
        }
        noted = ", ".join(f"{rows:,} {what}" for what, rows in left_out.items() if rows)
        grid.add_row("rows", f"{extraction.rows:,}" + (f" (left out: {noted})" if noted else ""))
        grid.add_row("window", summary.window)
        grid.add_row("snapshot", extraction.digest[:12])
    grid.add_row("code", summary.code)
    return grid


def steps_table(steps: Sequence[StepRecord], names: Sequence[str], summary: RunSummary) -> Table:
    """What ran, how long, and with how much memory."""
    table = Table("step", "", title_justify="left")
    table.add_column("time", justify="right")
    table.add_column("peak memory", justify="right")
    ran = {record.step: record for record in steps}
    failed = summary.status != "succeeded"
    for name in names:
        record = ran.get(name)
        if record is None:
            # Nothing new serves unless the candidate became champion.
            idle = failed or (name == "serve" and summary.verdict != "champion")
            table.add_row(name, Text("not run" if idle else "reused", "dim"), "", "")
            continue
        state = Text("failed", "red") if record.error else Text("done", "green")
        table.add_row(name, state, f"{record.seconds:.1f} s", f"{record.peak_memory_mb:,.0f} MB")
    return table


def metrics_table(evaluation: EvaluationReport) -> Table:
    """Candidate, champion and baseline on the same rows, with intervals."""
    table = Table("metric", "candidate", title=f"on {evaluation.rows:,} held-out rows", title_justify="left")
    if evaluation.champion:
        table.add_column("champion")
        table.add_column("gain over the champion")
    table.add_column("baseline")
    for metric, estimate in evaluation.candidate.items():
        row = [metric, interval(estimate)]
        if evaluation.champion:
            row += [
                interval(evaluation.champion.get(metric)),
                interval(evaluation.over_champion.get(metric), sign="+"),
            ]
        table.add_row(*row, interval(evaluation.baseline.get(metric)))
    return table


def interval(estimate: Estimate | None, sign: str = "") -> str:
    """An estimate with its interval, as in `0.71 [0.69, 0.73]`."""
    if estimate is None:
        return "-"
    return f"{estimate.value:{sign}.4g} [{estimate.low:{sign}.4g}, {estimate.high:{sign}.4g}]"


def verdict(summary: RunSummary) -> Text:
    """How the run ended, in words."""
    words = {
        "champion": f"passed: version {summary.version} is the champion",
        "passed": f"passed: version {summary.version} may serve",
        "refused": f"refused: {f'the champion stays version {summary.champion}' if summary.champion else 'there is still no champion'}",
    }
    headline = words.get(summary.verdict, summary.status)
    colour = _COLOURS.get(summary.verdict or summary.status, "")
    mark = "" if summary.status == "failed" else "- "
    return Text("\n".join([headline, *(f"  {mark}{reason}" for reason in summary.reasons)]), colour)


def history_table(runs: Sequence[RunSummary]) -> Table:
    """When, why, on what, and what came of it; latest first."""
    table = Table("run", "as of", "cause", "window", "snapshot", "code", "result", "verdict", "version")
    table.add_column("time", justify="right")
    for run in runs:
        table.add_row(
            run.run,
            run.as_of[:10],
            run.cause,
            _days(run.window),
            run.snapshot[:8],
            run.code[:20],
            Text(run.status, _COLOURS.get(run.status, "")),
            Text(run.verdict, _COLOURS.get(run.verdict, "")),
            run.version,
            "" if run.seconds is None else f"{run.seconds:.0f} s",
        )
    return table


def _days(window: str) -> str:
    return window.replace(" 00:00:00+00:00", "")


def comparison_table(
    left: RunSummary, right: RunSummary, left_config: Mapping[str, str], right_config: Mapping[str, str]
) -> Table:
    """What differs between two runs: facts, configuration and metrics."""
    table = Table("", left.run, right.run)
    facts = (
        "use_case",
        "as_of",
        "cause",
        "window",
        "snapshot",
        "code",
        "lock",
        "status",
        "verdict",
        "version",
    )
    rows = {name: (str(getattr(left, name)), str(getattr(right, name))) for name in facts}
    for key in sorted(left_config.keys() | right_config.keys()):
        rows[key] = (left_config.get(key, ""), right_config.get(key, ""))
    for name in sorted(left.metrics.keys() | right.metrics.keys()):
        if name.startswith(("candidate.", "rows.")) and not name.endswith((".low", ".high")):
            rows[name] = tuple(_number(run.metrics.get(name)) for run in (left, right))  # type: ignore[assignment]
    for name, (one, other) in rows.items():
        if one != other:
            table.add_row(name, one, other)
    return table


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.5g}"
