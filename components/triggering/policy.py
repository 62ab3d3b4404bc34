"""The one decision whether to train: every cause comes through here, and so does every reason not to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from components.contracts.decisions import Decision, Event, Reason, Record
from components.contracts.spec import period
from components.contracts.watching import Triggering

DOUBTFUL = ("performance", "drift")
"""Causes that are measured, and so may be chance or may be mended by something other than training."""


def decide(event: Event, history: Sequence[Record], spec: Triggering) -> Decision:
    """Hold an event against every reason not to train, and name all that apply.

    The same event and history give the same decision. A person who asks (`manual`) is refused only a second run of
    one window, and not even that when the request has a name of its own; it counts for the cooldown and budget of others.

    Args:
        event: What knocked, with its evidence.
        history: Earlier decisions of the use case, in any order.
        spec: The use case's section.
    """
    past = [record for record in history if record.decision.event.id != event.id]
    reasons = list(_already(event, past))
    if event.cause != "manual":
        reasons += [
            *_useless(event, spec),
            *_doubtful(event, past, spec),
            *_too_soon(event, past, spec),
        ]
    return Decision(event=event, reasons=tuple(reasons))


def _already(event: Event, past: Sequence[Record]) -> Iterator[Reason]:
    same = [record for record in _trainings(past) if record.end == event.end]
    if same and not event.request:
        yield Reason(
            code="same-window", message=f"a run of this window was started already, by {same[0].cause}"
        )


def _useless(event: Event, spec: Triggering) -> Iterator[Reason]:
    """Reasons for which a run could not make a better model."""
    evidence = event.evidence
    if not evidence.signal:
        yield Reason(code="no-signal", message=f"nothing speaks for a training by {event.cause}")
    if evidence.feed:
        yield Reason(code="feed", message=f"what is served is broken: {'; '.join(evidence.feed)}")
    if evidence.labels:
        yield Reason(code="labels", message=f"ground truth is missing: {'; '.join(evidence.labels)}")
    if evidence.new_rows is not None and evidence.new_rows < spec.min_new_rows:
        yield Reason(
            code="no-new-rows",
            message=f"{evidence.new_rows:,} rows have come since the champion's snapshot, fewer than {spec.min_new_rows:,}",
        )


def _doubtful(event: Event, past: Sequence[Record], spec: Triggering) -> Iterator[Reason]:
    if event.cause not in DOUBTFUL or not event.evidence.signal:
        return
    held = 1 + sum(
        record.decision.event.evidence.signal for record in _before(event, past)[: spec.persistence.n - 1]
    )
    if held < spec.persistence.k:
        yield Reason(
            code="not-persistent",
            message=f"{event.cause} was seen in {held} of the last {spec.persistence.n} windows; {spec.persistence.k} are asked for",
        )
    latest = next((record for record in _newest(_trainings(past)) if record.cause == event.cause), None)
    if latest is None or latest.outcome is None or latest.outcome.helped != "no":
        return
    until = latest.end + period(spec.retry_after)
    if event.end < until:
        yield Reason(
            code="did-not-help",
            message=f"the training of {latest.end:%Y-%m-%d} by the same cause did not help ({latest.outcome.why}); "
            f"{event.cause} waits until {until:%Y-%m-%d}",
        )


def _too_soon(event: Event, past: Sequence[Record], spec: Triggering) -> Iterator[Reason]:
    ends = [record.end for record in _newest(_trainings(past))]
    near = next((end for end in ends if _within(event.end, end, spec.cooldown)), None)
    if near is not None:
        yield Reason(
            code="cooldown",
            message=f"trained as of {near:%Y-%m-%d}, less than {spec.cooldown} from this window's end",
        )
    if spec.budget is None:
        return
    used = sum(_within(event.end, end, spec.budget.per) for end in ends)
    if used >= spec.budget.runs:
        yield Reason(
            code="budget",
            message=f"{used} trainings within {spec.budget.per}; {spec.budget.runs} are allowed",
        )


def _within(one: datetime, other: datetime, length: str) -> bool:
    """Whether two instants are less than a period apart, whichever is first: events may come out of order."""
    first, last = min(one, other), max(one, other)
    return first != last and last < first + period(length)


def _before(event: Event, past: Sequence[Record]) -> list[Record]:
    """Decisions of the same cause on earlier windows, latest first."""
    return _newest([record for record in past if record.cause == event.cause and record.end < event.end])


def _newest(records: Sequence[Record]) -> list[Record]:
    return sorted(records, key=lambda record: record.end, reverse=True)


def _trainings(records: Sequence[Record]) -> list[Record]:
    return [record for record in records if record.decision.trains]
