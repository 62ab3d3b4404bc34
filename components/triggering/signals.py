"""What speaks for a training, per cause: monitoring's findings as evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from components.contracts.decisions import Event, Evidence, Helped, Outcome, Record
from components.contracts.metrics import higher_is_better
from components.contracts.monitoring import CollectionReport, DriftReport, PerformanceReport
from components.contracts.reports import Cause, Estimate, RunSummary
from components.contracts.spec import period
from components.contracts.watching import Monitoring, OnPerformance, Triggering
from components.monitoring.drift import drifted_share
from components.monitoring.feed import labels_missing


def events(
    collected: CollectionReport,
    drift: DriftReport,
    performance: PerformanceReport,
    monitoring: Monitoring,
    triggering: Triggering,
    trained: datetime | None,
    page: str = "",
) -> tuple[Event, ...]:
    """One event for each cause that may start a run, whether it holds or not: so that it is recorded either way.

    Args:
        collected: What was served and labelled.
        drift: How it moved.
        performance: How good it was.
        monitoring: When labels are too few.
        triggering: Which causes there are.
        trained: When the last training was decided, or the champion's last row where none was.
        page: Where a person reads all of it.
    """
    missing = labels_missing(collected, monitoring.min_rows, monitoring.min_coverage)
    knocking = (
        *_by_performance(performance, triggering),
        *_by_drift(drift, triggering),
        *_by_new_data(collected, triggering),
        *_by_time(collected, triggering, trained),
    )
    return tuple(
        Event(
            use_case=collected.use_case,
            cause=cause,
            start=collected.start,
            end=collected.end,
            evidence=Evidence(
                signal=signal,
                found=tuple(told),
                feed=drift.feed,
                labels=missing,
                new_rows=collected.new_rows,
                gain=performance.over_champion.get(performance.metric) if cause == "performance" else None,
                page=page,
            ),
        )
        for cause, signal, told in knocking
    )


Found = Iterator[tuple[Cause, bool, list[str]]]
"""A cause that is watched, whether it holds, and what was found."""


def _by_performance(performance: PerformanceReport, spec: Triggering) -> Found:
    if spec.performance is not None:
        told = list(_degraded(performance, spec.performance))
        yield "performance", bool(told), told or [_regret(performance)]


def _by_drift(drift: DriftReport, spec: Triggering) -> Found:
    if spec.drift is not None:
        share = drifted_share(drift.shifts)
        told = f"{share:.0%} of the inputs drifted ({', '.join(drift.drifted) or 'none'})"
        yield "drift", share >= spec.drift.share, [told]


def _by_new_data(collected: CollectionReport, spec: Triggering) -> Found:
    if spec.new_data is not None:
        rows = collected.new_rows or 0
        told = f"{rows:,} rows since the champion's snapshot; {spec.new_data.rows:,} start a training"
        yield "new-data", rows >= spec.new_data.rows, [told]


def _by_time(collected: CollectionReport, spec: Triggering, trained: datetime | None) -> Found:
    if spec.elapsed is not None:
        due = trained is None or collected.end >= trained + period(spec.elapsed.every)
        yield (
            "schedule",
            due,
            [f"the last training is of {trained:%Y-%m-%d}" if trained else "there was no training"],
        )


def _degraded(performance: PerformanceReport, spec: OnPerformance) -> Iterator[str]:
    """What of the champion is worse than it needs to be; nothing where the intervals do not say so."""
    gain = performance.over_champion.get(performance.metric)
    if gain is not None and gain.low > spec.gain:
        yield f"a fresh model would be better: {_regret(performance)}, above {spec.gain:g}"
    own = performance.champion.get(performance.metric)
    if own is None or spec.bound is None:
        return
    beyond = own.high < spec.bound if higher_is_better(performance.metric) else own.low > spec.bound
    if beyond:
        yield f"{performance.metric} is {interval(own)}, wholly beyond the bound {spec.bound:g}"


def _regret(performance: PerformanceReport) -> str:
    gain = performance.over_champion.get(performance.metric)
    if gain is None:
        return f"{performance.metric}: no fresh model was compared"
    return f"its gain in {performance.metric} over the champion is {interval(gain, '+')}"


def interval(found: Estimate, sign: str = "") -> str:
    """An estimate with its interval, for a person."""
    return f"{found.value:{sign}.3g} [{found.low:{sign}.3g}, {found.high:{sign}.3g}]"


def outcomes(
    history: Sequence[Record], runs: Sequence[RunSummary], performance: PerformanceReport, serving: str
) -> tuple[tuple[Record, Outcome], ...]:
    """What came of trainings that were started and are not concluded, where it can be told now.

    A training helped when the model it made serves, and is better than the one before on the labelled rows since. An
    interval of the gain that holds 0 shows neither that it helped nor that it did not.

    Args:
        history: The use case's decisions.
        runs: Its runs.
        performance: Of the champion, on rows that it served.
        serving: The champion's number.
    """
    by_id = {run.run: run for run in runs}
    found = []
    for record in history:
        run = by_id.get(record.run)
        if record.state != "started" or record.outcome is not None or run is None:
            continue
        outcome = _outcome(run, performance, serving)
        if outcome is not None:
            found.append((record, outcome))
    return tuple(found)


def _outcome(run: RunSummary, performance: PerformanceReport, serving: str) -> Outcome | None:
    if run.status in ("failed", "interrupted"):
        return Outcome(helped="no", why=f"the run {run.status}: {'; '.join(run.reasons) or 'without a word'}")
    if run.verdict == "refused":
        return Outcome(helped="no", why=f"the candidate was refused: {'; '.join(run.reasons)}")
    gain = performance.over_predecessor.get(performance.metric)
    if run.version != serving or gain is None:
        return None
    return Outcome(
        helped=_shown(gain),
        why=f"its gain in {performance.metric} over the model before is {interval(gain, '+')}",
        gain=gain,
    )


def _shown(gain: Estimate) -> Helped:
    if gain.low > 0:
        return "yes"
    return "no" if gain.high < 0 else "not shown"
