"""The page about a candidate and its rivals."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from markupsafe import Markup

from components.contracts.metrics import PRIMARY
from components.contracts.reports import Estimate, Reliability
from components.evaluation.calibration import reliability
from components.evaluation.comparison import Role
from components.evaluation.curves import confusion, curve
from components.evaluation.predictions import Predictions
from components.evaluation.report import Assessment
from components.pages import render as pages
from components.pages import svg

MOST_CLASSES = 20
"""With more, the confusion matrix is not a table for a reader."""

MOST_POINTS = 500
"""Of a cloud."""


def render(found: Assessment) -> str:
    """One self-contained HTML page."""
    report = found.report
    gains = {"champion": report.over_champion, "baseline": report.over_baseline}
    shown = bool(found.classes) and len(found.classes) <= MOST_CLASSES
    ranked = [svg.Bar(name, grown, pages.number(grown)) for name, grown in report.importance.items()]
    return pages.render(
        "evaluation/page.html",
        report=report,
        roles=list(found.predictions),
        forests={rival: _forest(estimates) for rival, estimates in gains.items() if estimates},
        charts=_charts(found.predictions, report.reliability),
        classes=[str(name) for name in found.classes],
        matrix=confusion(found.predictions["candidate"], len(found.classes)) if shown else [],
        importance=svg.bars(ranked, "Permutation importance") if ranked else "",
        loss=PRIMARY["classification" if found.classes else "regression"].replace("_", " "),
        slices={
            column: list(parts) for column, parts in groupby(report.slices, key=lambda part: part.column)
        },
    )


def _forest(gains: Mapping[str, Estimate]) -> Markup:
    rows = [
        svg.Range(
            name, gain.value, gain.low, gain.high, " ".join([pages.number(gain.value), _interval(gain)])
        )
        for name, gain in gains.items()
    ]
    return svg.ranges(rows, "Gains with their intervals")


def _interval(gain: Estimate) -> str:
    return f"[{pages.number(gain.low)}, {pages.number(gain.high)}]"


def _charts(predictions: Mapping[Role, Predictions], candidate: tuple[Reliability, ...]) -> dict[str, Markup]:
    if predictions["candidate"].decided is None:
        return {"Predicted against actual": _actual(predictions["candidate"])}
    share = (0.0, 1.0)
    charts = {}
    if predictions["candidate"].positive is not None:
        curves = {role: curve(model) for role, model in predictions.items()}
        roc = [
            svg.Series(role, role, [0, *c.false_positive_rate], [0, *c.recall]) for role, c in curves.items()
        ]
        ranked = [svg.Series(role, role, c.recall, c.precision) for role, c in curves.items()]
        charts["ROC curve"] = svg.lines(roc, "false positive rate", "recall", share, share, diagonal=True)
        charts["Precision and recall"] = svg.lines(ranked, "recall", "precision", share, share)
    calibrated = [
        _reliability(role, reliability(model)) for role, model in predictions.items() if role != "baseline"
    ]
    if candidate:
        charts["Calibration"] = svg.lines(
            calibrated, "predicted probability", "observed share", share, share, diagonal=True
        )
    return charts


def _reliability(role: str, bins: tuple[Reliability, ...]) -> svg.Series:
    return svg.Series(role, role, [one.predicted for one in bins], [one.observed for one in bins])


def _actual(model: Predictions) -> Markup:
    step = max(1, len(model.labels) // MOST_POINTS)
    actual, predicted = model.labels[::step].tolist(), model.scores[::step].tolist()
    # One range for both axes, so that the diagonal is where they agree.
    both = svg.extent([*actual, *predicted])
    cloud = svg.Series("candidate", "candidate", actual, predicted, marks=True)
    return svg.lines([cloud], "actual", "predicted", both, both, diagonal=True)
