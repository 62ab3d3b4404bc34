"""A champion, a shadow that knows more, and labels for some of the rows: real models on rows whose world turned."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from components.contracts.monitoring import CollectionReport
from components.contracts.prediction import EVENT_TIME, ID, INPUTS, KEYS, VERSION
from components.contracts.sections import Training
from components.contracts.watching import Monitoring
from components.monitoring.assessment import Sections, assess, sampled
from components.monitoring.reference import write_reference
from components.monitoring.served import TRUTH, answers
from components.monitoring.shadow import latest, refit
from components.stores import snapshots
from components.stores.databases import engine
from components.stores.models import Model
from components.training.trainer import train
from tests.builders import schema, use_case

BEGINS = datetime(2013, 1, 1, tzinfo=UTC)
CASE = use_case(
    evaluation={
        "metrics": ["roc_auc", "log_loss"],
        "slices": [{"column": "colour"}],
        "bootstrap": {"resamples": 200},
    }
)
LINEAR = Training(algorithms=("linear",), search=None, threshold=0.5)
SECTIONS = Sections(CASE.table, schema(), CASE.preparation, LINEAR, CASE.evaluation, Monitoring(min_rows=200))


def sales(days: int, start: int, turned: bool) -> pa.Table:
    """A hundred rows a day; whether small or large things sell turns."""
    random = np.random.default_rng(start)
    rows = days * 100
    size = random.normal(0, 1, rows)
    sold = random.random(rows) < 1 / (1 + np.exp((2 if turned else -2) * size))
    at = [BEGINS + timedelta(days=start, minutes=14.4 * place) for place in range(rows)]
    return pa.table(
        {
            "at": pa.array(at, pa.timestamp("us", "UTC")),
            "id": np.arange(start * 100, start * 100 + rows),
            "size": size,
            "colour": random.choice(["red", "blue"], rows),
            "sold": sold,
        }
    )


BEFORE, NOW = sales(40, 0, turned=False), sales(28, 60, turned=True)
RECENT = pa.concat_tables([BEFORE.slice(3_000), sales(20, 40, turned=True)])


@pytest.fixture(scope="module")
def champion() -> Model:
    """Trained before the world turned, on all but the last days."""
    rows = BEFORE.slice(0, 3_000)
    return train(
        rows.slice(0, 2_500), rows.slice(2_500), CASE.table, schema(), CASE.preparation, LINEAR, "s", 1
    ).model


@pytest.fixture(scope="module")
def reference(champion, tmp_path_factory) -> Path:
    """The champion's snapshot in the form of the log."""
    store = tmp_path_factory.mktemp("store")
    kept = snapshots.write(pa.RecordBatchReader.from_batches(BEFORE.schema, BEFORE.to_batches()), str(store))
    known = champion.manifest.model_copy(update={"snapshot": kept.digest})
    last = write_reference(
        Model(known, champion.pipeline), CASE.table, str(store), store / "reference.parquet"
    )
    assert last == BEFORE["at"][-1].as_py()
    return store / "reference.parquet"


def log(rows: pa.Table, champion: Model, labelled: int | None = None) -> pa.Table:
    """Rows as they were served; the first so many have a label."""
    truth = rows["sold"].to_pylist()
    known = len(truth) if labelled is None else labelled
    return pa.table(
        {
            ID: [f"p{place}" for place in range(rows.num_rows)],
            VERSION: ["1"] * rows.num_rows,
            EVENT_TIME: rows["at"],
            KEYS + "id": rows["id"],
            INPUTS + "size": rows["size"],
            INPUTS + "colour": rows["colour"],
            TRUTH: pa.array(truth[:known] + [None] * (len(truth) - known), pa.bool_()),
            **answers(np.asarray(champion.scores(rows)), champion.manifest),
        }
    )


def judged(champion, reference, served, history=None, predecessor=None):
    backend = engine()
    backend.con.register("served", served)
    tables = backend.table("served"), backend.read_parquet(str(reference))
    return assess(*tables, history, champion, predecessor, SECTIONS, "roc_auc", iter(range(9)).__next__, 1)


def test_a_fresh_model_is_better_where_the_world_turned(champion, reference):
    found = judged(champion, reference, log(NOW, champion), RECENT)

    assert found.champion["roc_auc"].value < 0.3
    assert found.reference["roc_auc"].value > 0.8
    assert found.over_champion["roc_auc"].low > 0.05
    assert found.over_baseline["roc_auc"].high < 0
    assert found.shadow_rows == RECENT.num_rows
    assert found.shadow_seconds == 1
    assert {part.value for part in found.slices} >= {"red", "blue"}
    assert len(found.trend) == 8


def test_what_is_expected_without_labels_does_not_see_that_it_turned(champion, reference):
    found = judged(champion, reference, log(NOW, champion, labelled=0))

    assert found.champion == {}
    assert found.rows == 0
    assert found.expected["roc_auc"].value > 0.8


def test_without_rows_to_train_on_nothing_is_compared(champion, reference):
    found = judged(champion, reference, log(NOW, champion))

    assert found.over_champion == {}
    assert any("nothing newer" in note for note in found.notes)


def test_the_champion_is_held_against_the_one_before(champion, reference):
    fitted = refit(RECENT, champion.manifest, CASE.table, schema(), CASE.preparation, LINEAR, 10_000, 1)

    found = judged(champion, reference, log(NOW, champion), predecessor=fitted.shadow)

    assert found.over_predecessor["roc_auc"].high < 0


def test_answers_that_are_no_numbers_are_left_out_and_told(champion, reference):
    served = log(NOW, champion)
    place = served.column_names.index("outputs.probability.true")
    broken = pa.array([float("nan")] * 100 + served.column(place).to_pylist()[100:])

    found = judged(champion, reference, served.set_column(place, "outputs.probability.true", broken))

    assert found.rows == NOW.num_rows - 100
    assert "not finite" in found.notes[0]


def test_few_labels_conclude_nothing(champion, reference):
    assert judged(champion, reference, log(NOW, champion, labelled=100), RECENT).over_champion == {}


def test_the_reference_has_answers_only_where_the_champion_did_not_learn(reference):
    import pyarrow.parquet as pq

    said = pq.read_table(reference)["outputs.probability.true"]

    assert (said.null_count, len(said)) == (3_000, 4_000)


def test_the_shadow_learns_from_the_latest_labelled_rows():
    missing = RECENT.set_column(
        4, "sold", pa.array([None] * 100 + RECENT["sold"].to_pylist()[100:], pa.bool_())
    )

    kept = latest(missing, CASE.table, 2_950)

    assert kept.num_rows == 2_900
    assert kept["at"][0].as_py() == RECENT["at"][100].as_py()


def test_many_rows_are_sampled_by_their_ids(champion):
    backend = engine()
    backend.con.register("served", log(NOW, champion))

    rows, total = sampled(backend.table("served"), most=700)

    assert total == 2_800
    assert 500 < rows.num_rows < 900


def test_age_and_coverage_are_of_the_window():
    found = CollectionReport(
        use_case="shop", version="1", model="m", rows=10, expected=8, labelled=6,
        start=BEGINS, end=BEGINS + timedelta(days=30), trained_until=BEGINS,
    )  # fmt: skip

    assert (found.age_days, found.coverage) == (30.0, 0.75)
