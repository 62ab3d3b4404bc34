"""Who is told, and what: an alert names the cause, the evidence and the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from components.contracts.decisions import Record
from components.contracts.reports import Report
from components.contracts.watching import Alerts

RUNBOOK = "docs/runbook.md"


class Alert(Report):
    """Something that a person should know of."""

    use_case: str
    code: str
    """`train`, `start-failed`, `outcome`, or a reason not to train; docs/runbook.md has a section on each."""
    title: str
    evidence: tuple[str, ...]
    page: str

    def to_slack(self) -> dict[str, Any]:
        """The message as Slack's incoming webhooks take it; `text` is what other receivers show."""
        lines = [f"*{self.title}*", *(f"• {line}" for line in self.evidence)]
        where = f"page: {self.page or 'none'}, what to do: {RUNBOOK}#{self.code}"
        return {
            "text": self.title,
            "blocks": [
                {"type": "section", "text": {"type": "mrkdwn", "text": "\n".join(lines)[:2_900]}},
                {"type": "context", "elements": [{"type": "mrkdwn", "text": where[:2_900]}]},
            ],
            "evergreen": self.model_dump(mode="json"),
        }


def alerts(records: Iterable[Record], spec: Alerts) -> tuple[Alert, ...]:
    """What is worth a person's attention in the decisions of a window and what came of earlier ones, each code once a window."""
    found: dict[tuple[str, datetime], Alert] = {}
    for record in records:
        for code, evidence in _codes(record):
            if code in spec.on:
                found.setdefault((code, record.end), _alert(record, code, evidence))
    return tuple(found.values())


def _codes(record: Record) -> list[tuple[str, Sequence[str]]]:
    if record.outcome is not None:
        return [("outcome", (record.outcome.why,))]
    codes: list[tuple[str, Sequence[str]]] = [
        (reason.code, (reason.message,)) for reason in record.decision.reasons
    ]
    if record.decision.trains:
        codes.append(("train", record.decision.event.evidence.found))
    if record.error:
        codes.append(("start-failed", (record.error,)))
    return codes


def _alert(record: Record, code: str, evidence: Sequence[str]) -> Alert:
    event = record.decision.event
    words = {
        "train": f"is trained again, by {record.cause}",
        "start-failed": f"should be trained by {record.cause}, and the run cannot be started",
        "feed": "is served broken rows; nothing is trained",
        "outcome": f"was trained by {record.cause}; it helped: {record.outcome.helped if record.outcome else ''}",
        "labels": "lacks ground truth; nothing is concluded",
    }
    said = words.get(code, f"is not trained by {record.cause}: {code}")
    return Alert(
        use_case=event.use_case,
        code=code,
        title=f"{event.use_case} up to {event.end:%Y-%m-%d} {said}",
        evidence=tuple(evidence),
        page=event.evidence.page,
    )
