import math
import shutil
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from components.contracts.metrics import CLASSIFICATION, REGRESSION
from components.contracts.reports import EvaluationReport
from components.contracts.sections import Features, Table
from components.evaluation.contenders import Contender
from components.evaluation.serving import serving_problem
from components.stores.models import digest
from tests.models import model, rows


@pytest.mark.parametrize("kind", ["boolean", "text", "integer", "three", "number"])
def test_every_kind_of_label_is_measured(evaluated, kind):
    report = evaluated(kind).report
    assert list(report.candidate) == list(REGRESSION if kind == "number" else CLASSIFICATION)
    assert all(math.isfinite(found.low) and math.isfinite(found.high) for found in report.candidate.values())
    assert report.over_baseline["rmse" if kind == "number" else "log_loss"].low > 0
    assert next(iter(report.importance)) == "size"
    assert report.cost.latency_ms == pytest.approx(1.0)


def test_the_report_says_what_it_rests_on(evaluated, make_rows):
    report = evaluated(rows=make_rows(rows=240)).report
    assert (report.rows, report.blocks, report.non_finite, report.threshold) == (240, 20, 0, 0.5)
    assert report.start == datetime(2013, 1, 1, tzinfo=UTC)
    assert report.end == datetime(2013, 1, 20, 22, tzinfo=UTC)
    assert (report.champion_model, report.champion, report.over_champion, report.notes) == (None, {}, {}, ())


def test_the_same_rows_and_models_give_the_same_report(evaluated):
    first, again = (evaluated(slices=[{"column": "shop"}]).report for _ in range(2))
    assert first == again


def test_a_report_survives_its_file(evaluated, tmp_path):
    report = evaluated(slices=[{"column": "shop"}]).report
    report.write(tmp_path / "report.json")
    assert EvaluationReport.read(tmp_path / "report.json") == report


def test_only_the_metrics_that_were_asked_for_are_measured(evaluated):
    report = evaluated(metrics=["brier"], importance_rows=0).report
    assert list(report.candidate) == ["brier"]
    assert report.importance == {}


def test_the_champion_is_measured_on_the_same_rows(evaluated, make_model):
    champion = make_model("champion", "prior")
    report = evaluated(champion=champion, slices=[{"column": "shop"}]).report
    assert report.champion_model == digest(champion)
    assert report.over_champion["log_loss"].low > 0
    assert {part.value for part in report.slices} == {"north", "south", "east"}
    assert all(part.over_champion["log_loss"].value > 0 for part in report.slices)


def damage(folder):
    (folder / "pipeline.skops").write_bytes(b"something else")


def forget(folder):
    shutil.rmtree(folder)


@pytest.mark.parametrize(("harm", "said"), [(damage, "was altered"), (forget, "is not a model")])
def test_a_champion_that_cannot_be_loaded_is_named_with_the_reason(evaluated, make_model, harm, said):
    champion = make_model("champion")
    harm(champion)
    report = evaluated(champion=champion).report
    assert report.champion == {}
    assert report.champion_model == "champion"
    assert said in report.champion_problem
    assert any(note.startswith("The champion") and said in note for note in report.notes)


def test_a_champion_whose_column_is_gone_is_named_with_the_reason(evaluated, make_model, make_rows):
    rows = make_rows().drop_columns(["shop"])
    report = evaluated(
        champion=make_model("champion"), rows=rows, features=Features(numeric=("size",))
    ).report
    assert report.champion == {}
    assert "shop" in report.champion_problem
    assert report.candidate["roc_auc"].value > 0.8


def test_a_champion_of_another_label_is_not_compared(evaluated, make_model):
    champion = make_model("champion", label="profit")
    report = evaluated(champion=champion).report
    assert (report.champion, report.champion_model) == ({}, digest(champion))
    assert (
        report.champion_problem == "it predicts 'profit' (classification), the candidate 'y' (classification)"
    )


def test_a_champion_that_has_seen_the_rows_is_told(evaluated, make_model):
    champion = make_model("champion", trained_until=datetime(2013, 1, 2, tzinfo=UTC))
    assert any("it has seen some of them" in note for note in evaluated(champion=champion).report.notes)


def test_rows_that_were_not_held_out_by_time_are_told(evaluated):
    assert any("held out by random" in note for note in evaluated(split="random").report.notes)


def test_a_class_that_only_the_held_out_rows_have_is_told_and_counts(evaluated, make_rows):
    rows = make_rows("text")
    labels = ["new" if place < 12 else label for place, label in enumerate(rows["y"].to_pylist())]
    known, unknown = (
        evaluated("text").report,
        evaluated("text", rows=rows.set_column(3, "y", pa.array(labels))).report,
    )
    assert any("not trained on: new" in note for note in unknown.notes)
    assert unknown.candidate["log_loss"].value > known.candidate["log_loss"].value + 1


def test_answers_that_are_not_numbers_are_counted(evaluated):
    def lose_intercept(fitted):
        fitted[-1].intercept_[:] = np.nan

    report = evaluated(harm=lose_intercept).report
    assert report.non_finite == report.rows
    assert math.isnan(report.candidate["log_loss"].value)


def test_without_event_time_the_report_has_no_span(evaluated):
    report = evaluated(table=Table(task="classification", label="y")).report
    assert (report.start, report.end, report.blocks) == (None, None, report.rows)


@pytest.mark.parametrize("wrong", [False, True])
def test_a_graph_that_answers_the_held_out_rows_otherwise_is_told(wrong):
    found, other = model("late", "forest"), model("late", "linear")
    served = replace(found, onnx=other.onnx if wrong else found.onnx)

    problem = serving_problem(Contender(served, "d", found.scores(rows())), rows())

    assert (problem is not None) is wrong
