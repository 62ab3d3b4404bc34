"""What features are worth: the model with them against the model without, through the pipeline's own evaluation and gates.

python -m bench.feature_value --use-case flights --views delays_by_origin delays_by_carrier delays_by_route --as-of 2013-03-01
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from components.contracts.reports import EvaluationReport, RunSummary
from components.settings import Settings
from pipelines import library


def without(entry: library.Entry, views: Sequence[str]) -> list[str]:
    """Changes that take the columns of views from the model's inputs; rows and split stay the same."""
    lookups = entry.case.extraction.features
    gone = {name for lookup in lookups if lookup.view in views for name in lookup.columns}
    features = entry.case.preparation.features
    return [
        f"preparation.features.{kind}={json.dumps([name for name in getattr(features, kind) if name not in gone])}"
        for kind in ("numeric", "categorical")
    ]


def measure(
    use_case: str, views: Sequence[str], as_of: str, home: Path
) -> tuple[RunSummary, EvaluationReport]:
    """Train without, make that the champion, then train with and let the gates compare the two on the same rows."""
    from components.stores.runs import Runs
    from pipelines import start

    settings = Settings(home=home)
    entry = library.load(use_case)
    for each in (library.load(use_case, without(entry, views)), entry):
        run = start.train(each, start.parsed(as_of), "manual", settings, home / "build", lambda *_: None)
    runs = Runs(settings)
    summary = runs.find(run)
    report = runs.report(summary, "evaluation", EvaluationReport)
    if report is None or not report.champion:
        raise SystemExit(f"{run}: there is no champion to compare with; {' '.join(summary.reasons)}")
    return summary, report


def main() -> None:
    """Measure each instant in a home of its own, and print a table."""
    import os

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--use-case", default="flights")
    parser.add_argument(
        "--views", nargs="+", default=["delays_by_origin", "delays_by_carrier", "delays_by_route"]
    )
    parser.add_argument(
        "--as-of", nargs="+", default=["2013-03-01", "2013-06-01", "2013-09-01", "2013-12-01"]
    )
    parser.add_argument("--metric", default="roc_auc")
    asked = parser.parse_args()
    library.bring_data(library.locate(asked.use_case), Settings().data)
    print(
        f"| as of | test rows | {asked.metric} without | with | gain and its interval | verdict |\n|---|---|---|---|---|---|"
    )
    for as_of in asked.as_of:
        with tempfile.TemporaryDirectory(prefix="evergreen-bench-") as home:
            os.environ["EVERGREEN_HOME"] = home  # the steps are processes of their own
            summary, report = measure(asked.use_case, asked.views, as_of, Path(home))
        one, other, gain = (
            group[asked.metric] for group in (report.champion, report.candidate, report.over_champion)
        )
        print(
            f"| {as_of} | {report.rows:,} | {one.value:.4f} | {other.value:.4f} "
            f"| {gain.value:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}] | {summary.verdict} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
