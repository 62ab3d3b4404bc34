"""A replay as a table and as a page."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from components.contracts.decisions import Record
from components.contracts.reports import RunSummary
from components.pages import render as pages
from components.pages import svg
from pipelines.replaying.quality import Policy
from pipelines.replaying.run import Replay

KINDS = ("candidate", "baseline", "champion")
"""Colours of the policies, in their order."""


def write(found: Replay, folder: Path) -> tuple[Path, Path]:
    """Write the page and the tables into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    page, table = folder / "replay.html", folder / "replay.md"
    page.write_text(render(found), encoding="utf-8")
    table.write_text(markdown(found), encoding="utf-8")
    return page, table


def markdown(found: Replay) -> str:
    """What each policy led to, by month, and when and why was trained."""
    return f"{_costs(found)}\n{_months(found)}\n{_trainings(found)}"


def _costs(found: Replay) -> str:
    lines = [
        f"| policy | {found.metric}, mean of months | trainings | training s | as pipeline runs, s | watching s |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {one.name} | {pages.number(one.quality)} | {len(one.trained)} | {one.seconds:.0f} | "
        f"{as_runs(found, one):.0f} | {one.watching:.0f} |"
        for one in found.policies
    ]
    return "\n".join(lines) + "\n"


def _months(found: Replay) -> str:
    months = list(found.policies[0].months)
    lines = [
        "| policy | " + " | ".join(f"{month:%Y-%m}" for month in months) + " |",
        "|---|" + "---:|" * len(months),
    ]
    lines += [
        f"| {one.name} | " + " | ".join(pages.number(one.months.get(month)) for month in months) + " |"
        for one in found.policies
    ]
    return "\n".join(lines) + "\n"


def _trainings(found: Replay) -> str:
    lines = ["| trained as of | cause | why | what came of it | helped |", "|---|---|---|---|---|"]
    lines += [f"| {' | '.join(cells)} |" for cells in trainings(found)]
    return "\n".join(lines) + "\n"


def trainings(found: Replay) -> list[tuple[str, str, str, str, str]]:
    """Of each training: as of when, its cause, its evidence, its verdict, and whether it helped."""
    decided = {record.run: record for record in found.records if record.run}
    return [
        (run.as_of[:10], run.cause, _why(decided.get(run.run)), came_of(run), _helped(decided.get(run.run)))
        for run in found.runs
    ]


def came_of(run: RunSummary) -> str:
    """Whether the model of a run serves, and why not."""
    if run.status != "succeeded":
        return f"{run.status}: {'; '.join(run.reasons)}"
    if run.verdict == "champion":
        return f"version {run.version} serves"
    return f"{run.verdict}: {'; '.join(run.reasons)}" if run.reasons else run.verdict


def as_runs(found: Replay, policy: Policy) -> float:
    """Seconds that a policy's trainings take as runs of the training pipeline: their number times the mean run of this replay."""
    seconds = [run.seconds for run in found.runs if run.seconds is not None]
    return len(policy.trained) * sum(seconds) / len(seconds) if seconds else float("nan")


def _why(record: Record | None) -> str:
    return "; ".join(record.decision.event.evidence.found) if record else "it was the first"


def _helped(record: Record | None) -> str:
    return record.outcome.told if record is not None and record.outcome is not None else ""


def render(found: Replay) -> str:
    """One self-contained HTML page."""
    return pages.render(
        "pages/replay.html",
        found=found,
        case=found.entry.case,
        trend=_trend(found),
        drawn=list(zip(KINDS, found.policies, strict=True)),
        months=list(found.policies[0].months),
        trainings=trainings(found),
        as_runs=as_runs,
    )


def _trend(found: Replay) -> Markup:
    places = {
        month: float(month.month + 12 * (month.year - found.start.year)) for month in found.policies[0].months
    }
    series = [
        svg.Series(
            one.name,
            kind,
            [places[month] for month in one.months if month in places],
            [value for month, value in one.months.items() if month in places],
        )
        for kind, one in zip(KINDS, found.policies, strict=True)
    ]
    return svg.lines(series, f"month, from January {found.start.year}", found.metric)
