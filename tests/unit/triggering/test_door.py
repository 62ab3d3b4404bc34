"""A window that tells what came of an earlier training says so everywhere: in the store, on the page, in an alert."""

from __future__ import annotations

import pytest

from components.contracts.decisions import Decision
from components.contracts.monitoring import DriftReport, PerformanceReport
from components.contracts.reports import RunSummary
from components.contracts.watching import Alerts, Monitoring, Triggering
from components.stores import watch
from components.triggering.alerts import alerts
from components.triggering.door import knock
from components.triggering.keeping import decided, files
from components.triggering.page import Findings
from pipelines.decision_tables import decisions_table
from tests.builders import estimate
from tests.unit.monitoring.conftest import collection
from tests.unit.triggering.conftest import FIRST, event

ANY = Triggering(cooldown="0 days", budget=None)
RUN = RunSummary(
    run="r",
    use_case="shop",
    started=FIRST,
    cause="performance",
    as_of="",
    status="succeeded",
    verdict="champion",
    version="2",
)


def window(gain: float) -> Findings:
    """A month that version 2 served, with its gain over the model before."""
    judged = PerformanceReport(
        metric="roc_auc",
        rows=6_000,
        over_predecessor={"roc_auc": estimate(gain, gain - 0.01, gain + 0.01)},
    )
    return Findings(
        collection(version="2"), DriftReport(rows=6_000, reference_rows=6_000, windows=8), judged, ()
    )


@pytest.fixture
def shop(decisions):
    """A use case of which a training was started."""
    decisions.settle(event(-4), lambda one, history: Decision(event=one))
    decisions.started(event(-4), "r")
    return decisions


@pytest.mark.parametrize(("gain", "helped"), [(0.02, "yes"), (0.001, "not shown"), (-0.02, "no")])
def test_what_came_of_a_training_is_kept_shown_and_told(shop, tmp_path, gain, helped):
    after = knock(window(gain), Monitoring(), ANY, shop, [RUN], "")
    watch.keep(str(tmp_path), "shop", after.collection.end, files(after))

    place = watch.folder(str(tmp_path), "shop", after.collection.end)
    told = {alert.code: alert for alert in alerts(decided(place, ()), Alerts())}
    assert told["outcome"].title.endswith(f"helped: {helped}")
    assert shop.history("shop")[-1].outcome.helped == helped
    table = decisions_table(shop.history("shop"))
    assert (
        f"{helped}: its gain in roc_auc over the model before is {gain:+.3g}"
        in list(table.columns[-1].cells)[-1]
    )


def test_it_is_told_once(shop):
    first, again = (knock(window(0.02), Monitoring(), ANY, shop, [RUN], "") for _ in range(2))

    assert (len(first.concluded), len(again.concluded)) == (1, 0)
