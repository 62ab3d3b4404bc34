import math
from pathlib import Path

import pytest
from kfp.dsl import HTML, Artifact, ClassificationMetrics, Dataset, Metrics, Model
from pyarrow import parquet

from components.contracts.reports import EvaluationReport
from components.evaluation.component import evaluate
from components.evaluation.dashboard import plain_numbers


@pytest.fixture
def run(tmp_path, make_rows, make_model):
    """Runs the step on folders and files, and gives its outputs."""

    def step(kind, **rows):
        parquet.write_table(make_rows(kind, **rows), tmp_path / "test.parquet")
        kinds = {
            "report": Artifact,
            "metrics": Metrics,
            "classification": ClassificationMetrics,
            "page": HTML,
        }
        outputs = {name: make(name=name, uri=str(tmp_path / f"out-{name}")) for name, make in kinds.items()}
        task = "regression" if kind == "number" else "classification"
        evaluate.python_func(
            champion="",
            table={"task": task, "label": "y", "event_time": "at"},
            preparation={"features": {"numeric": ["size"], "categorical": ["shop"]}},
            evaluation={"bootstrap": {"resamples": 100.0}},
            test=Dataset(uri=str(tmp_path / "test.parquet")),
            model=Model(uri=str(make_model("candidate", kind=kind))),
            baseline=Model(uri=str(make_model("baseline", "prior", kind))),
            **outputs,
        )
        return outputs

    return step


def test_a_classifier_gives_the_dashboard_a_curve_and_a_matrix(run):
    outputs = run("boolean")
    drawn = outputs["classification"].metadata
    assert 2 <= len(drawn["confidenceMetrics"]) <= 100
    assert all(math.isfinite(point["confidenceThreshold"]) for point in drawn["confidenceMetrics"])
    assert [spec["displayName"] for spec in drawn["confusionMatrix"]["annotationSpecs"]] == ["False", "True"]
    assert sum(sum(row["row"]) for row in drawn["confusionMatrix"]["rows"]) == 240


def test_regression_gives_the_dashboard_numbers_only(run):
    outputs = run("number")
    assert outputs["classification"].metadata == {}
    assert outputs["metrics"].metadata["rmse"] > 0


@pytest.mark.parametrize("kind", ["boolean", "number"])
def test_every_output_has_a_file_without_which_it_is_never_reused(run, kind):
    outputs = run(kind)

    assert [name for name, output in outputs.items() if not Path(output.path).exists()] == []


def test_the_report_and_the_page_are_written(run, tmp_path):
    outputs = run("three")
    assert EvaluationReport.read(outputs["report"].path).rows == 240
    assert (tmp_path / "out-page").read_text().startswith("<!doctype html>")


def test_metrics_that_are_not_defined_stay_off_the_dashboard(evaluated, make_rows):
    report = evaluated(rows=make_rows().filter(make_rows()["y"])).report
    assert math.isnan(report.candidate["roc_auc"].value)
    assert "roc_auc" not in plain_numbers(report)
    assert all(math.isfinite(value) for value in plain_numbers(report).values())
