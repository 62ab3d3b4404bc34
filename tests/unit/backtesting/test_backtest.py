"""Policies lived through on a past that is known: what was learned before the world turned is worth nothing after it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from components.contracts.model import ModelManifest, inputs_of
from components.contracts.watching import OnElapsed, OnPerformance, Triggering
from pipelines.backtesting.grid import Grid, checkpoints
from pipelines.backtesting.past import Past
from pipelines.backtesting.policies import NEVER, policies
from pipelines.backtesting.report import by_month, markdown, render
from pipelines.backtesting.simulate import frontier, live
from pipelines.library import Entry
from tests.builders import schema, use_case

BEGINS, DAYS, DAILY, FIRST, TURN = datetime(2013, 1, 1, tzinfo=UTC), 180, 60, 40, 90
CASE = use_case(
    table={"task": "classification", "label": "sold", "event_time": "at", "key": ["id"]},
    evaluation={"metrics": ["roc_auc"], "bootstrap": {"resamples": 200}},
    monitoring={"window": "14 days", "every": "1 week", "min_rows": 100},
)
REGRET = NEVER.model_copy(update={"performance": OnPerformance(metric="roc_auc", gain=0.05)})


@pytest.fixture(scope="module")
def past() -> Past:
    """Models rank well what is of the world they learned in; from the turn on that takes a model of after it."""
    random = np.random.default_rng(0)
    rows = DAYS * DAILY
    day = np.arange(rows) // DAILY
    sold, size = random.random(rows) < 0.5, random.normal(0, 1, rows)
    table = pa.table(
        {
            "at": pa.array(
                [BEGINS + timedelta(minutes=24 * place) for place in range(rows)], pa.timestamp("us", "UTC")
            ),
            "id": np.arange(rows),
            "size": size + (day > TURN),
            "colour": ["red"] * rows,
            "sold": sold,
        }
    )
    at = checkpoints(BEGINS + timedelta(days=FIRST), BEGINS + timedelta(days=DAYS), "1 week")
    learned = [(one - BEGINS).days for one in at]
    first = tuple(one * DAILY for one in learned)
    scores = []
    for known, start in zip(learned, first, strict=True):
        right = (day[start:] > TURN) == (known > TURN)
        positive = 1 / (1 + np.exp(-(2 * sold[start:] - 1) * right - size[start:]))
        scores.append(np.column_stack([1 - positive, positive]).astype(np.float32))
    manifest = ModelManifest(
        task="classification", label="sold", classes=(False, True), positive=True, threshold=0.5,
        inputs=inputs_of(CASE.preparation.features, schema()), algorithm="linear", snapshot="",
    )  # fmt: skip
    entry = Entry(CASE, schema(), Path("shop.yaml"))
    return Past(Grid(entry, table, at, manifest, tuple(scores), first, (1.0,) * len(at)), "roc_auc")


def ends(life) -> list[int]:
    """Days after the beginning at which was trained."""
    return [(record.end - BEGINS).days for record in life.trainings]


def test_never_trains_never(past):
    assert ends(live("never", NEVER, past)) == []


def test_time_trains_when_it_has_passed(past):
    monthly = NEVER.model_copy(update={"elapsed": OnElapsed(every="28 days")})

    assert ends(live("monthly", monthly, past)) == [68, 96, 124, 152]


def test_regret_trains_once_the_shadow_has_seen_the_turn(past):
    trained = ends(live("regret", REGRET, past))

    # The first shadow of after the turn is of day 96, and is judged on the window that it begins.
    assert trained == [110]


def test_regret_costs_shadows_only_where_there_is_something_to_compare(past):
    life = live("regret", REGRET, past)

    assert life.seconds == 1.0
    assert 0 < life.shadow_seconds < len(past.grid.at)


def test_what_is_trained_serves_from_then_on(past):
    never, regret = live("never", NEVER, past), live("regret", REGRET, past)
    months = list(never.months)

    assert regret.months[months[0]] == never.months[months[0]]
    assert regret.months[months[-1]] > never.months[months[-1]] + 0.1
    assert regret.quality > never.quality


def test_the_frontier_holds_what_nothing_beats(past):
    tried = policies("roc_auc", 0.75, Triggering(), "1 week")
    lives = [
        live(name, tried[name], past)
        for name in ("never", "every 2 weeks", "every 3 months", "regret over 1.0%")
    ]
    best = {one.name for one in frontier(lives, "roc_auc")}

    assert {"never", "regret over 1.0%"} <= best
    assert all(len(one.trainings) > 1 for one in lives if one.name == "every 2 weeks")


def test_nothing_is_done_more_often_than_it_is_looked_at():
    names = policies("rmse", 100.0, Triggering(), "3 months")

    assert [name for name in names if name.startswith("every")] == [
        "every 3 months",
        "every 6 months",
        "every 1 year",
    ]


def test_an_alarm_on_an_error_rings_above():
    tried = policies("rmse", 100.0, Triggering(), "1 week")

    assert tried["alarm: 5% worse"].performance.bound == pytest.approx(105.0)


def test_checkpoints_end_before_the_end():
    assert checkpoints(BEGINS, BEGINS + timedelta(days=14), "1 week") == (BEGINS, BEGINS + timedelta(days=7))


def test_the_table_and_the_page_name_every_policy(past):
    own = {"never": NEVER, "every 1 month": REGRET, "the use case's own": REGRET}
    lives = [live(name, policy, past) for name, policy in own.items()]

    table, page = markdown(lives, "roc_auc"), render(lives, past.grid, "roc_auc")

    assert "**never**" in table
    assert table.count("| 1 |") == 2
    assert all(name.replace("'", "&#39;") in page for name in own)
    assert "2013-05" in by_month(lives, ["never"])


def test_a_page_needs_no_policy_by_the_month(past):
    lives = [live(name, NEVER, past) for name in ("never", "every 6 months")]

    assert "every 6 months" in render(lives, past.grid, "roc_auc")


def test_drift_is_measured_against_what_the_served_model_learned(past):
    before, after = past.drift(8, 0), past.drift(len(past.grid.at) - 1, 0)

    assert not [shift for shift in before.shifts if shift.drifted and shift.column == "colour"]
    (size,) = [shift for shift in after.shifts if shift.column == "size"]
    assert size.drifted
