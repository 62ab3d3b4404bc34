"""The page and the metrics of a window say what was found and decided."""

from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from components.contracts.decisions import Record
from components.contracts.monitoring import DriftReport, PerformanceReport, Point, Shift
from components.contracts.watching import Triggering
from components.triggering.door import numbers
from components.triggering.page import Findings, render
from components.triggering.policy import decide
from components.triggering.prometheus import text
from tests.builders import estimate
from tests.unit.monitoring.conftest import collection
from tests.unit.triggering.conftest import event, trained

AUC = {"roc_auc": estimate(0.68, 0.65, 0.71)}


def shift(column: str, drifted: bool) -> Shift:
    return Shift(
        column=column,
        role="input",
        rows=6_000,
        psi=0.9,
        divergence=0.4,
        distance=1.5,
        limit=0.3,
        chance=0.001,
        drifted=drifted,
    )


def findings(**evidence) -> Findings:
    collected = collection()
    decision = decide(event(0, **evidence), (), Triggering())
    trend = (Point(start=collected.start, end=collected.end, rows=600, metrics=AUC),)
    judged = PerformanceReport(
        metric="roc_auc",
        rows=6_000,
        champion=AUC,
        expected=AUC,
        over_champion={"roc_auc": estimate(0.03, 0.01, 0.05)},
        trend=trend,
    )
    moved = DriftReport(
        rows=6_000,
        reference_rows=12_000,
        windows=8,
        shifts=(shift("inputs.temp<b>", True), shift("inputs.size", False)),
    )
    return Findings(
        collected, moved, judged, (Record(decision=decision, state="held"),), ((collected, judged),)
    )


def test_the_page_says_what_was_decided_and_why():
    page = render(findings(found=("nothing changed",), feed=("'size' is null",)))

    for word in (
        "do not train",
        "nothing changed",
        "feed: what is served is broken",
        "'size' is null".replace("'", "&#39;"),
    ):
        assert word in page


def test_the_page_says_whether_an_earlier_training_helped():
    page = render(replace(findings(), concluded=(trained(-4, helped="not shown"),)))

    assert "The training of 2013-03-04 by performance helped: not shown." in page


def test_the_page_shows_quality_drift_and_labels():
    page = render(findings())

    for word in ("0.68", "0.65, 0.71", "drifted", "expected without labels", "100 %", "<svg"):
        assert word in page


def test_what_comes_from_rows_is_escaped():
    page = render(findings())

    assert "inputs.temp&lt;b&gt;" in page
    assert "temp<b>" not in page


def test_prometheus_can_read_the_metrics():
    families = {family.name: family for family in text_string_to_metric_families(text(findings()))}
    regret = {sample.labels["bound"]: sample.value for sample in families["evergreen_regret"].samples}

    assert regret == {"value": 0.03, "low": 0.01, "high": 0.05}
    assert families["evergreen_training_decided"].samples[0].labels == {
        "use_case": "shop",
        "cause": "performance",
    }
    assert len(families["evergreen_drifted"].samples) == 2


def test_what_is_not_a_number_is_left_out():
    found = findings()
    unknown = found.performance.model_copy(update={"champion": {"roc_auc": estimate(float("nan"))}})

    assert "nan" not in text(Findings(found.collection, found.drift, unknown, found.records)).lower()


def test_the_dashboard_gets_numbers():
    found = numbers(findings())

    assert found["roc_auc"] == 0.68
    assert found["regret_roc_auc"] == pytest.approx(0.03)
    assert found["drifted_columns"] == 1
