"""Monitoring's findings in the Prometheus text format, for alert rules and for a graph over years."""

from __future__ import annotations

import math
from collections.abc import Iterator

from components.triggering.page import Findings

HELP = {
    "evergreen_predictions": "Predictions of the champion in the window.",
    "evergreen_label_coverage": "Share of the expected labels that came.",
    "evergreen_model_age_days": "Days from the last row that the champion was fitted on to the end of the window.",
    "evergreen_quality": "A metric of the champion; bound is value, low or high.",
    "evergreen_quality_expected": "The same as expected without labels.",
    "evergreen_regret": "Gain of a model trained when the window began over the champion.",
    "evergreen_drift_psi": "Population stability index of a column against the champion's rows.",
    "evergreen_drifted": "Whether a column drifted beyond its limit and chance.",
    "evergreen_feed_problems": "Things that are wrong with the served rows.",
    "evergreen_training_decided": "Whether a cause started a training in the window.",
    "evergreen_window_end_seconds": "The end of the window, in seconds since 1970.",
}


def text(found: Findings) -> str:
    """The whole file: for node_exporter's textfile collector, or to be pushed as it is."""
    case = found.collection.use_case
    samples = list(_samples(found))
    lines: list[str] = []
    for name, help_text in HELP.items():
        own = [
            (labels, value) for metric, labels, value in samples if metric == name and math.isfinite(value)
        ]
        if own:
            lines += [f"# HELP {name} {help_text}", f"# TYPE {name} gauge"]
            lines += [f"{name}{_braces({'use_case': case, **labels})} {value!r}" for labels, value in own]
    return "\n".join(lines) + "\n"


def _samples(found: Findings) -> Iterator[tuple[str, dict[str, str], float]]:
    collected, report = found.collection, found.performance
    yield "evergreen_predictions", {}, float(collected.rows)
    yield "evergreen_label_coverage", {}, collected.coverage
    if collected.age_days is not None:
        yield "evergreen_model_age_days", {}, collected.age_days
    groups = {
        "evergreen_quality": report.champion,
        "evergreen_quality_expected": report.expected,
        "evergreen_regret": report.over_champion,
    }
    for name, estimates in groups.items():
        for metric, one in estimates.items():
            for bound, value in (("value", one.value), ("low", one.low), ("high", one.high)):
                yield name, {"metric": metric, "bound": bound}, value
    for shift in found.drift.shifts:
        yield "evergreen_drift_psi", {"column": shift.column}, shift.psi
        yield "evergreen_drifted", {"column": shift.column}, float(shift.drifted)
    yield "evergreen_feed_problems", {}, float(len(found.drift.feed))
    for record in found.records:
        yield "evergreen_training_decided", {"cause": record.cause}, float(record.decision.trains)
    yield "evergreen_window_end_seconds", {}, collected.end.timestamp()


def _braces(labels: dict[str, str]) -> str:
    def escaped(value: str) -> str:
        return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

    return "{" + ",".join(f'{name}="{escaped(value)}"' for name, value in labels.items()) + "}"
