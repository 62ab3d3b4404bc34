"""Detection delay and false alarms on streams whose points of drift are known (river's generators), and on real flights.

python -m bench.detection

A stream is a year and a half of rows, so many a day; training starts after a quarter, and the concept changes, if it does, a
year after the beginning. Each way to notice is a policy of the backtest, so what is measured is the decision that runs. A
delay is counted from the change to the first training after it; a false alarm is a training before it, per year.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from river.datasets import synth

from bench import flights
from components.contracts.schema import TableSchema
from components.contracts.usecase import UseCase
from pipelines.backtesting.grid import build
from pipelines.backtesting.past import Past
from pipelines.backtesting.policies import policies
from pipelines.backtesting.simulate import Life, live
from pipelines.library import Entry, load

BEGINS, DAILY, DAYS, CHANGE = datetime(2020, 1, 1, tzinfo=UTC), 100, 540, 360
FIRST = BEGINS + timedelta(days=90)
WAYS = {
    "absolute alarm": "alarm: 5% worse",
    "input drift": "drift of 30% of the inputs",
    "regret": "regret over 0.5%",
    "regret, 2 of 3": "regret, 2 of 3 windows",
    "as flights has it": "the use case's own",
}


@dataclass(frozen=True)
class Stream:
    """A generator before and after the change."""

    name: str
    before: Any
    after: Any
    moves: float = 0.0
    """How far inputs swing with the season, in their own units."""
    changes: bool = True


def streams() -> list[Stream]:
    """Changes of concept, of inputs, of both, and of nothing."""
    sea, agrawal = synth.SEA, synth.Agrawal
    return [
        Stream(
            "SEA, nothing changes",
            sea(variant=0, seed=1, noise=0.1),
            sea(variant=0, seed=2, noise=0.1),
            changes=False,
        ),
        Stream(
            "SEA, inputs swing with the season",
            sea(variant=0, seed=3, noise=0.1),
            sea(variant=0, seed=4, noise=0.1),
            3.0,
            False,
        ),
        Stream(
            "SEA, threshold 8 to 9.5", sea(variant=0, seed=5, noise=0.1), sea(variant=3, seed=6, noise=0.1)
        ),
        Stream(
            "Agrawal, function 1 to 2",
            agrawal(0, seed=7, perturbation=0.1),
            agrawal(1, seed=8, perturbation=0.1),
        ),
        Stream(
            "Agrawal, function 5 to 6",
            agrawal(4, seed=9, perturbation=0.1),
            agrawal(5, seed=10, perturbation=0.1),
        ),
        Stream(
            "hyperplane that turned",
            synth.Hyperplane(seed=11, n_features=6),
            synth.Hyperplane(seed=12, n_features=6),
        ),
        *of_flights(),
    ]


def of_flights() -> list[Stream]:
    """Real flights whose days are drawn in any order, so that nothing changes but what is changed here."""
    days = flights.days()

    def same(seed: int) -> flights.Drawn:
        return flights.Drawn(days, seed, DAILY)

    return [
        *(
            Stream(f"flights, shuffled days, draw {seed}", same(seed), same(seed + 9), changes=False)
            for seed in (1, 2, 3)
        ),
        Stream(
            "flights, one airport's lateness turned", same(4), flights.Drawn(days, 5, DAILY, flights.turned)
        ),
        Stream(
            "flights, half of the labels by chance", same(6), flights.Drawn(days, 7, DAILY, flights.by_chance)
        ),
        Stream(
            "flights, 10 degrees warmer",
            same(8),
            flights.Drawn(days, 9, DAILY, flights.warmer),
            changes=False,
        ),
    ]


def rows(stream: Stream) -> pa.Table:
    """The stream as rows with time; inputs are x0, x1, …, of which the first swings with the season."""
    taken = [
        *islice(_drawn(stream.before), CHANGE * DAILY),
        *islice(_drawn(stream.after), (DAYS - CHANGE) * DAILY),
    ]
    values = np.array([list(x.values()) for x, _ in taken], dtype=float)
    day = np.arange(DAYS).repeat(DAILY)
    values[:, 0] += stream.moves * np.sin(2 * np.pi * day / 365)
    at = [BEGINS + timedelta(days=int(one), minutes=place % DAILY) for place, one in enumerate(day)]
    columns = {f"x{place}": column for place, column in enumerate(values.T)}
    return pa.table(
        {"at": pa.array(at, pa.timestamp("us", "UTC")), **columns, "label": [bool(y) for _, y in taken]}
    )


def _drawn(generator: Any) -> Iterator[tuple[dict[str, float], int]]:
    return iter(generator)


def entry(table: pa.Table) -> Entry:
    """A use case for the rows."""
    inputs = [name for name in table.column_names if name.startswith("x")]
    case = UseCase.model_validate(
        {
            "name": "stream",
            "table": {"task": "classification", "label": "label", "event_time": "at", "key": ["at"]},
            "extraction": {"tables": {"rows": "rows.parquet"}},
            "preparation": {"features": {"numeric": inputs}},
            "training": {"search": None},
            "evaluation": {"metrics": ["roc_auc"]},
            "validation": {"gates": [{"metric": "roc_auc", "bound": 0.5}]},
            "monitoring": {"window": "28 days", "every": "2 weeks", "min_rows": 200},
            "triggering": load("flights").case.triggering.model_dump(),
        }
    )
    columns = [{"name": name, "type": "float64"} for name in inputs]
    schema = {
        "columns": [{"name": "at", "type": "timestamp"}, *columns, {"name": "label", "type": "boolean"}]
    }
    return Entry(case, TableSchema.model_validate(schema), Path("stream.yaml"))


def lives(stream: Stream) -> dict[str, Life]:
    """What each way to notice led to."""
    table = rows(stream)
    with TemporaryDirectory() as folder:
        pq.write_table(table, Path(folder) / "rows.parquet")
        scratch = Path(folder) / "scratch"
        scratch.mkdir()
        grid = build(entry(table), folder, FIRST, BEGINS + timedelta(days=DAYS), scratch, workers=2)
    past = Past(grid, "roc_auc")
    good = past.performance(2, 0).champion["roc_auc"].value
    tried = policies("roc_auc", good, grid.entry.case.triggering, "2 weeks")
    return {way: live(way, tried[name], past) for way, name in WAYS.items()}


def told(stream: Stream, life: Life) -> tuple[str, str]:
    """Delay in days, and false alarms per year."""
    change = BEGINS + timedelta(days=CHANGE if stream.changes else DAYS)
    ends = [record.end for record in life.trainings]
    before = [end for end in ends if end <= change]
    after = [end for end in ends if end > change]
    years = (change - FIRST).days / 365
    delay = f"{(after[0] - change).days}" if after else "not noticed"
    return delay if stream.changes else "–", f"{len(before) / years:.1f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--flights", action="store_true", help="Only the streams of real flights.")
    print("| stream | " + " | ".join(f"{way}: delay, days | false alarms a year" for way in WAYS) + " |")
    print("|---|" + "---:|" * (2 * len(WAYS)))
    for stream in of_flights() if parser.parse_args().flights else streams():
        found = lives(stream)
        cells = [cell for way in WAYS for cell in told(stream, found[way])]
        print(f"| {stream.name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
