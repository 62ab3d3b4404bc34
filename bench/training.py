"""Our training beside bare scikit-learn that does the same fits: what the features, checks and manifests cost.

    python -m bench.training --rows 250000 --candidates 4

Each runs in a process of its own and reads the same Parquet files: search on the latest rows, a fit for the threshold,
a fit of the final model, and the baseline; then the models are written.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

NUMBERS = tuple(f"n{i}" for i in range(20))
CATEGORIES = tuple(f"c{i}" for i in range(4))
VALIDATION = 0.2
SEARCH_ROWS = 50_000
FOLDS = 3


def write_rows(folder: Path, rows: int) -> None:
    """25 columns with something to learn in them, in order of time, as train and validation."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    random = np.random.default_rng(0)
    numbers = random.normal(size=(rows, len(NUMBERS)))
    codes = random.integers(0, 50, size=(rows, len(CATEGORIES)))
    signal = numbers[:, 0] * numbers[:, 1] + numbers[:, 2] + codes[:, 0] / 25 + random.normal(size=rows)
    numbers[random.random(numbers.shape) < 0.02] = np.nan
    table = pa.table(
        {
            "at": pa.array(np.arange(rows) * 60_000_000).cast(pa.timestamp("us", "UTC")),
            **{name: numbers[:, i] for i, name in enumerate(NUMBERS)},
            **{name: np.char.add("v", codes[:, i].astype(str)) for i, name in enumerate(CATEGORIES)},
            "y": signal > 2.0,
        }
    )
    train_rows = int(rows * (1 - VALIDATION))
    pq.write_table(table.slice(0, train_rows), folder / "train.parquet")
    pq.write_table(table.slice(train_rows), folder / "validation.parquet")


def ours(folder: Path, candidates: int) -> None:
    """The training step's own function."""
    from joblib import cpu_count
    from pyarrow.parquet import ParquetFile

    from components.contracts.schema import Column, TableSchema
    from components.contracts.sections import Features, Preparation, Search, Table, Training
    from components.stores.models import write_model
    from components.training.trainer import train

    types = {"at": "timestamp", "y": "boolean", **dict.fromkeys(CATEGORIES, "string")}
    names = ("at", *NUMBERS, *CATEGORIES, "y")
    columns = [{"name": name, "type": types.get(name, "float64")} for name in names]
    trained = train(
        ParquetFile(folder / "train.parquet").read(),
        ParquetFile(folder / "validation.parquet").read(),
        Table(task="classification", label="y", event_time="at"),
        TableSchema(columns=tuple(Column.model_validate(column) for column in columns)),
        Preparation(features=Features(numeric=NUMBERS, categorical=CATEGORIES, calendar=("at",))),
        Training(search=Search(candidates=candidates, folds=FOLDS, max_rows=SEARCH_ROWS)),
        snapshot="bench",
        jobs=cpu_count(),
    )
    write_model(trained.model, folder / "model")
    write_model(trained.baseline, folder / "baseline")


def bare(folder: Path, candidates: int) -> None:
    """The same fits, as one would write them for oneself."""
    import joblib
    import numpy as np
    import pandas as pd
    from sklearn.compose import ColumnTransformer
    from sklearn.dummy import DummyClassifier
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import precision_recall_curve
    from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    from components.contracts.sections import Search, Training
    from components.training.search import settings

    def read(name: str) -> pd.DataFrame:
        rows = pd.read_parquet(folder / name)
        parts = {part: getattr(rows["at"].dt, part) for part in ("month", "weekday", "hour")}
        return rows.drop(columns="at").assign(**parts)

    def pipeline(model: object) -> object:
        encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, min_frequency=20)
        columns = ColumnTransformer([("categories", encoder, list(CATEGORIES))], remainder="passthrough")
        return make_pipeline(columns, model)

    model = pipeline(HistGradientBoostingClassifier(random_state=0))
    train, validation = read("train.parquet"), read("validation.parquet")
    y, latest = train.pop("y"), slice(-SEARCH_ROWS, None)
    tried = settings(Training(search=Search(candidates=candidates)), "classification")
    name = "histgradientboostingclassifier"
    grid = [{f"{name}__{key}": [value] for key, value in setting.parameters.items()} for setting in tried]
    search = GridSearchCV(model, grid, scoring="neg_log_loss", cv=TimeSeriesSplit(FOLDS), refit=False)
    model.set_params(**search.fit(train.iloc[latest], y.iloc[latest]).best_params_)
    y_validation = validation.pop("y")
    for fitted in (model, pipeline(DummyClassifier())):
        scores = fitted.fit(train, y).predict_proba(validation)[:, 1]
        precision, recall, _ = precision_recall_curve(y_validation, scores)
        print("f1", np.nanmax(2 * precision * recall / (precision + recall)))
        fitted.fit(pd.concat([train, validation]), pd.concat([y, y_validation]))
        joblib.dump(fitted, folder / f"{type(fitted[-1]).__name__}.joblib")


def measured(way: str, folder: Path, candidates: int) -> tuple[float, float, float]:
    """Wall-clock seconds, CPU seconds and peak memory (MB) of a process, its imports included."""
    # Threads that wait without sleeping would measure what else runs on the machine.
    environment = {"OMP_WAIT_POLICY": "PASSIVE", **os.environ}
    words = [sys.executable, "-m", "bench.training", "--only", way, "--folder", str(folder)]
    started = time.perf_counter()
    told = subprocess.run(  # noqa: S603
        [*words, "--candidates", str(candidates)],
        check=True,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    cpu, memory = told.split()[-2:]
    return time.perf_counter() - started, float(cpu), float(memory)


def main() -> None:
    """Measure both, and print a Markdown table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=250_000)
    arguments.add_argument("--candidates", type=int, default=4)
    arguments.add_argument("--only", choices=("ours", "bare"))
    arguments.add_argument("--folder", type=Path)
    given = arguments.parse_args()
    if given.only:
        {"ours": ours, "bare": bare}[given.only](given.folder, given.candidates)
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1000)
        return
    with tempfile.TemporaryDirectory() as place:
        write_rows(Path(place), given.rows)
        results = {way: measured(way, Path(place), given.candidates) for way in ("bare", "ours")}
    print(f"{given.rows:,} rows, 25 columns, {given.candidates} candidates, {os.cpu_count()} cores\n")
    print("| | seconds | CPU seconds | peak memory, MB |\n|---|---:|---:|---:|")
    for way, (seconds, cpu, memory) in results.items():
        print(
            f"| {'scikit-learn alone' if way == 'bare' else 'Evergreen'} | {seconds:.1f} | {cpu:.1f} | {memory:,.0f} |"
        )
    ratio = [ours / bare for ours, bare in zip(results["ours"], results["bare"], strict=True)]
    print(f"| ratio | {ratio[0]:.2f} | {ratio[1]:.2f} | {ratio[2]:.2f} |")


if __name__ == "__main__":
    main()
