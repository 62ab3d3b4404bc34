"""Monitoring of many logged predictions, from the log to the report: ours, and evidently and NannyML on what they hold.

python -m bench.monitoring --rows 3000000 30000000

A month of real flights that a real champion answered is drawn over and over into the log's hours, each row with an id and an
instant of its own and a label in another file. Ours is what the monitoring pipeline does: read the log, drop repeated ids, join
labels, look at every column by day and by segment, measure with intervals, fit and compare a shadow. The others read the same
log and labels into a frame and compute their drift and their quality. Each runs in a process of its own, those of other
projects in environments of their own (`bench.others`); seconds and memory are of the work, imports apart.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import others
from bench.analysis import MEMORY_CAP, peak_mb

PROBABILITY = "outputs.probability.true"


def ours(folder: Path) -> Callable[[], object]:
    """The functions of the steps collect, drift and performance."""
    from joblib import cpu_count

    from bench.watched import END, settings_of
    from components.contracts.watching import Monitoring, Truth
    from components.monitoring.assessment import Sections, assess
    from components.monitoring.collect import Span
    from components.monitoring.gather import Places, gather
    from components.monitoring.history import known_before
    from components.monitoring.movement import moved
    from components.recording.serving import serving
    from components.stores.databases import engine
    from components.stores.features import Features
    from components.stores.registry import Registry
    from components.stores.runs import Runs
    from pipelines import library

    case, schema = (entry := library.load("flights")).case, entry.schema
    settings = settings_of(folder)
    champion = serving(Registry(Runs(settings), case.name)).champion()
    truth = Truth(tables={"truth": f"{folder}/truth"}, id="prediction")
    spec = Monitoring.model_validate(case.monitoring.model_dump() | {"truth": truth.model_dump()})
    served, reference = folder / "served.parquet", folder / "own.parquet"
    places = Places(str(folder / "log"), settings.data, settings.store_uri())
    features = Features(settings)

    def work() -> object:
        collected = gather(
            case.name, champion, Span.at(END, spec), case.table, schema, case.extraction, spec, places,
            served, reference, features,
        )  # fmt: skip
        told(
            "collected", f"{collected.rows:,} rows, {collected.labelled:,} labelled of {collected.expected:,}"
        )
        backend = engine()
        tables = [backend.read_parquet(str(path)) for path in (served, reference)]
        drift = moved(*tables, champion.model.manifest, schema, case.evaluation.slices, spec, collected)
        told("drift", f"{len(drift.drifted)} of {len(drift.shifts)} columns, feed {drift.feed or 'whole'}")
        history = known_before(
            collected.start, champion.model.manifest.trained_until, case.table, schema, case.extraction, spec,
            settings.data, settings.store_uri(), features,
        )  # fmt: skip
        sections = Sections(case.table, schema, case.preparation, case.training, case.evaluation, spec)
        report = assess(
            *tables, history, champion.model, None, sections, "roc_auc", time.perf_counter, cpu_count()
        )
        told("quality", f"{report.champion['roc_auc']}, {report.notes}")
        return report

    return work


def told(what: str, found: str) -> None:
    """Where the work is, for a reader of the benchmark's errors."""
    print(f"{time.perf_counter():10.1f} {what}: {found}", file=sys.stderr, flush=True)


def frames(folder: Path) -> tuple[Any, Any]:
    """What was served, with its labels, and the champion's held-out rows, as frames of the same columns."""
    import pandas as pd

    log = pd.read_parquet(folder / "log" / "flights").merge(
        pd.read_parquet(folder / "truth"), left_on="id", right_on="prediction"
    )
    reference = pd.read_parquet(folder / "reference.parquet").rename(columns={"truth": "late"})
    reference = reference[reference[PROBABILITY].notna()]
    inputs = [name for name in reference if name.startswith("inputs.")]
    wanted = [*inputs, "event_time", PROBABILITY, "late"]
    served, held_out = log[wanted].copy(), reference[wanted].copy()
    for frame in (served, held_out):
        frame["label"] = (frame[PROBABILITY] > 0.5).astype(int)
        frame["late"] = frame["late"].astype(int)
        for name in inputs:
            if frame[name].dtype == object or frame[name].dtype == bool:
                frame[name] = frame[name].astype(str).astype("category")
    return held_out, served


def evidently(folder: Path) -> Callable[[], object]:
    """Its presets of drift and of the quality of a classification."""
    from evidently import BinaryClassification, DataDefinition, Dataset, Report
    from evidently.presets import ClassificationPreset, DataDriftPreset

    def work() -> object:
        held_out, served = frames(folder)
        inputs = [name for name in served if name.startswith("inputs.")]
        texts = [name for name in inputs if str(served[name].dtype) == "category"]
        definition = DataDefinition(
            numerical_columns=[
                name for name in inputs if name not in texts and "time" not in str(served[name].dtype)
            ],
            categorical_columns=texts,
            classification=[BinaryClassification(target="late", prediction_probas=PROBABILITY, pos_label=1)],
        )
        sets = [Dataset.from_pandas(frame, data_definition=definition) for frame in (served, held_out)]
        return Report([DataDriftPreset(), ClassificationPreset()]).run(*sets).dict()

    return work


def nannyml(folder: Path) -> Callable[[], object]:
    """Its univariate drift by day, its estimated and its realized performance by day."""
    import nannyml as nml

    def work() -> object:
        held_out, served = frames(folder)
        inputs = [
            name for name in served if name.startswith("inputs.") and "time" not in str(served[name].dtype)
        ]
        common: dict[str, Any] = {"timestamp_column_name": "event_time", "chunk_period": "D"}
        judged: dict[str, Any] = common | {
            "y_pred_proba": PROBABILITY, "y_pred": "label", "y_true": "late",
            "problem_type": "classification_binary", "metrics": ["roc_auc"],
        }  # fmt: skip
        drift = nml.UnivariateDriftCalculator(
            column_names=inputs, continuous_methods=["jensen_shannon"],
            categorical_methods=["jensen_shannon"], **common,
        )  # fmt: skip
        ways = (drift, nml.CBPE(**judged), nml.PerformanceCalculator(**judged))
        fitted = [way.fit(held_out) for way in ways]
        return [
            way.estimate(served) if isinstance(way, nml.CBPE) else way.calculate(served) for way in fitted
        ]

    return work


CONTESTANTS = {"ours": ours, "evidently": evidently, "nannyml": nannyml}


def measure_here(name: str, folder: Path) -> dict[str, float]:
    """Run one contestant in this process."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_CAP, MEMORY_CAP))
    work = CONTESTANTS[name](folder)
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "memory": peak_mb()}


def main() -> None:
    """Measure every contestant on every size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=[3_000_000])
    parser.add_argument("--most", type=int, default=3_000_000, help="Rows that the others are given at most.")
    parser.add_argument("--contestant", nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.contestant:
        print(json.dumps(measure_here(chosen.contestant[0], Path(chosen.contestant[1]))))
        return
    from bench import watched

    print("| rows | contestant | wall s | CPU s | rows per CPU s | peak MB | CPU, ours = 1 |")
    print("|---:|---|---:|---:|---:|---:|---:|", flush=True)
    with TemporaryDirectory() as trained:
        watched.train(Path(trained))
        for rows in chosen.rows:
            with watched.month(Path(trained), rows) as folder:
                _lines(rows, folder, CONTESTANTS if rows <= chosen.most else ["ours"])


def _lines(rows: int, folder: Path, names: Any) -> None:
    base = None
    for name in names:
        python = sys.executable if name == "ours" else others.environment(name)
        found = others.run(python, "bench.monitoring", name, folder) if python else None
        base = base or found
        if found is None:
            why = "over 14 GiB, or failed" if python else "not to be had here"
            print(f"| {rows:,} | {name} | – | – | – | {why} | – |", flush=True)
            continue
        ratio = found["cpu"] / base["cpu"] if base else float("nan")
        print(
            f"| {rows:,} | {name} | {found['wall']:.1f} | {found['cpu']:.1f} | {rows / found['cpu']:,.0f} | "
            f"{found['memory']:,.0f} | {ratio:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
