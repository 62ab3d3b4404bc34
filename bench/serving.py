"""The predictor beside stock servers and beside what no server can go below, on loopback.

    python -m bench.serving --requests 2000

All hold the same gradient boosting over 20 numbers and 4 categories. MLServer gets an environment of its own, because its
dependencies contradict ours; where it cannot be installed it is left out with the reason.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from bench.clients import Speed, measure, pooled
from bench.servers import MLSERVER_TRAIN, rows_for_mlserver
from bench.training import CATEGORIES, NUMBERS, write_rows

if TYPE_CHECKING:
    import pyarrow as pa

    from components.contracts.features import KeyedView
    from components.stores.models import Model

CASES = ((1, 1), (1, 8), (100, 1), (100, 8))
"""Rows and clients."""
ROUNDS = 10
"""All servers run at once and are asked in turn, so that all meet the same neighbours."""
V1, V2 = "/v1/models/bench:predict", "/v2/models/bench/infer"


@dataclass(frozen=True)
class Contender:
    """A server, how it is started, and how it is asked."""

    title: str
    words: list[str]
    settings: dict[str, str]
    path: str
    ready: str
    bodies: dict[int, bytes]


def fitted(folder: Path, views: Sequence[KeyedView] = ()) -> tuple[Model, pa.Table]:
    """The model, also written to `folder/model`, and the rows that it was trained on.

    Args:
        folder: Where its rows and its folder go.
        views: The feature views that some columns are looked up in.
    """
    import pyarrow.parquet as pq

    from components.contracts.schema import Column, TableSchema
    from components.contracts.sections import Features, Preparation, Table, Training
    from components.stores.models import write_model
    from components.training.trainer import train

    write_rows(folder, 20_000)
    rows = pq.read_table(folder / "train.parquet")
    types = {"at": "timestamp", "y": "boolean", **dict.fromkeys(CATEGORIES, "string")}
    columns = [
        {"name": name, "type": types.get(name, "float64"), "nullable": name in NUMBERS}
        for name in rows.column_names
    ]
    trained = train(
        rows,
        pq.read_table(folder / "validation.parquet"),
        Table(task="classification", label="y", event_time="at"),
        TableSchema(columns=tuple(Column.model_validate(column) for column in columns)),
        Preparation(features=Features(numeric=NUMBERS, categorical=CATEGORIES)),
        Training(algorithms=("gradient-boosting",), search=None),
        snapshot="bench",
        jobs=1,
        views=views,
    )
    write_model(trained.model, folder / "model")
    return trained.model, rows


def asked(rows: pa.Table, count: int) -> list[dict[str, Any]]:
    """The first rows as callers send them."""
    found = rows.select([*NUMBERS, *CATEGORIES]).slice(0, count).to_pylist()
    return [{k: None if v != v else v for k, v in row.items()} for row in found]


def make(folder: Path) -> tuple[Path, list[dict[str, Any]]]:
    """The models, and rows to ask with."""
    import joblib

    model, rows = fitted(folder)
    joblib.dump(model.pipeline, folder / "pipeline.joblib")
    if model.onnx is None:
        raise SystemExit(f"the model has no graph: {model.manifest.onnx_absence}")
    rows_for_mlserver(folder, rows.slice(0, 5_000).drop_columns(["at"]))
    return folder / "model", asked(rows, 100)


def v1(rows: list[dict[str, Any]]) -> bytes:
    """Rows as objects; the stock servers take a gap as null."""
    return orjson.dumps({"instances": rows})


def v2(rows: list[dict[str, Any]]) -> bytes:
    """Rows as columns."""
    inputs = [
        {
            "name": name,
            "shape": [len(rows), 1],
            "datatype": "FP64" if name in NUMBERS else "BYTES",
            "data": [row[name] for row in rows],
        }
        for name in rows[0]
    ]
    outputs = [{"name": "predict_proba"}]
    return orjson.dumps({"parameters": {"content_type": "pd"}, "inputs": inputs, "outputs": outputs})


@contextmanager
def running(contender: Contender, folder: Path, port: int) -> Iterator[tuple[float, subprocess.Popen[bytes]]]:
    """A server that answers, and how long it took to start."""
    started = time.perf_counter()
    environment = os.environ | {"OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": "1"} | contender.settings
    record = folder / f"server-{port}.log"
    with record.open("wb") as sink:
        process = subprocess.Popen(contender.words, env=environment, stdout=sink, stderr=sink)  # noqa: S603
    try:
        while not _answers(f"http://127.0.0.1:{port}{contender.ready}"):
            if process.poll() is not None or time.perf_counter() - started > 120:
                raise RuntimeError(record.read_text()[-2000:])
            time.sleep(0.05)
        yield time.perf_counter() - started, process
    finally:
        process.terminate()
        process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as found:  # noqa: S310 - on this machine
            return bool(found.status == 200)
    except OSError:
        return False


def memory_mb(process: subprocess.Popen[bytes]) -> float:
    """Resident memory of a server, in MB."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1000


def contenders(
    folder: Path, model: Path, rows: list[dict[str, Any]], ports: Iterator[int]
) -> Iterator[tuple[int, Contender]]:
    """Every server, with its port."""
    sizes = sorted({count for count, _ in CASES})
    plain = {count: v1(rows[:count]) for count in sizes}

    def ours(port: int) -> dict[str, str]:
        told = {"MODEL": str(model), "NAME": "bench", "PORT": str(port), "HOST": "127.0.0.1"}
        told["LOG"] = str(folder / "log")  # an answer is in the prediction log, as in use
        home = {"EVERGREEN_HOME": str(folder / f"home-{port}")}
        return home | {f"EVERGREEN_SERVING_{key}": value for key, value in told.items()}

    port = next(ports)
    words = [sys.executable, "-m", "components.serving.predictor"]
    yield port, Contender("Evergreen, v1", words, ours(port), V1, "/v2/health/ready", plain)
    port = next(ports)
    columns = {count: v2(rows[:count]).replace(b'"predict_proba"', b'"probability.true"') for count in sizes}
    yield port, Contender("Evergreen, v2", words, ours(port), V2, "/v2/health/ready", columns)
    for name, title, ready in (
        ("kserve", "kserve.Model, joblib, DataFrame", "/v2/health/ready"),
        ("fastapi", "FastAPI, joblib, DataFrame", "/openapi.json"),
        ("echo", "floor: bare HTTP echo", "/"),
    ):
        port = next(ports)
        words = [sys.executable, "-m", "bench.servers", name, str(port), str(folder)]
        yield port, Contender(title, words, {}, V1, ready, plain)
    port = next(ports)
    binaries = mlserver(folder, port)
    if binaries is not None:
        words = [str(binaries / "mlserver"), "start", str(folder / "mlserver")]
        stock = {count: v2(rows[:count]) for count in sizes}
        yield port, Contender("MLServer, sklearn runtime, v2", words, {}, V2, "/v2/models/bench/ready", stock)


def mlserver(folder: Path, port: int) -> Path | None:
    """The programs of MLServer's own environment, its model trained there; None when it cannot be had."""
    place = Path(os.environ.get("BENCH_MLSERVER", folder / "mlserver-env"))
    python = place / "bin" / "python"
    wanted = ["mlserver", "mlserver-sklearn", "fastapi<0.116", "uvloop<0.22"]
    try:
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", place], check=True, capture_output=True)  # noqa: S603
            install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted]
            subprocess.run(install, check=True, capture_output=True, timeout=900)  # noqa: S603
        train = [python, "-c", MLSERVER_TRAIN, str(folder), str(port)]
        subprocess.run(train, check=True, capture_output=True)  # noqa: S603
    except (subprocess.SubprocessError, OSError) as error:
        told = getattr(error, "stderr", None) or str(error).encode()
        print(f"MLServer is left out: {told.decode().strip()[-300:]}\n")
        return None
    return place / "bin"


def model_call(model: Path, rows: list[dict[str, Any]]) -> dict[int, float]:
    """Median milliseconds of the bare model call in this process, by rows."""
    from components.serving.engines import OnnxEngine
    from components.serving.form import Form
    from components.stores.models import read_model

    found = read_model(model)
    engine, form = OnnxEngine(found.onnx or b"", found.manifest), Form(found.manifest)
    medians = {}
    for count in sorted({count for count, _ in CASES}):
        fitting, times = form.of_objects(rows[:count]), []
        for _ in range(1_000):
            started = time.perf_counter()
            engine.scores(fitting)
            times.append(time.perf_counter() - started)
        medians[count] = sorted(times)[500] * 1e3
    return medians


def main() -> None:
    """Measure all, and print Markdown tables."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument(
        "--requests", type=int, default=2_000, help="of one row; a quarter of it of 100 rows"
    )
    given = arguments.parse_args()
    speeds: dict[str, dict[tuple[int, int], Speed]] = {}
    starts: dict[str, tuple[float, float]] = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        model, rows = make(folder)
        (folder / "answer.json").write_text(
            json.dumps({"predictions": [{"id": "0" * 32, "label": False, "p": 0.123456789}]})
        )
        with ExitStack() as stack:
            servers = []
            for port, contender in contenders(folder, model, rows, iter(range(28_200, 28_300, 10))):
                seconds, process = stack.enter_context(running(contender, folder, port))
                servers.append((port, contender))
                starts[contender.title] = (seconds, memory_mb(process))
            for case in CASES:
                for title, speed in in_turn(servers, *case, given.requests).items():
                    speeds.setdefault(title, {})[case] = speed
        calls = model_call(model, rows)
    report(speeds, starts, calls)


def in_turn(servers: list[tuple[int, Contender]], rows: int, clients: int, requests: int) -> dict[str, Speed]:
    """Ask every server in each round, the first round to warm up."""
    count = (requests if rows == 1 else requests // 4) // ROUNDS
    found: dict[str, list[Speed]] = {contender.title: [] for _, contender in servers}
    for _ in range(ROUNDS + 1):
        for port, contender in servers:
            found[contender.title].append(
                measure(port, contender.path, contender.bodies[rows], clients, count)
            )
    return {title: pooled(parts[1:]) for title, parts in found.items()}


def report(
    speeds: dict[str, dict[tuple[int, int], Speed]],
    starts: dict[str, tuple[float, float]],
    calls: dict[int, float],
) -> None:
    """Print a table per case, each beside ours, then starting and memory."""
    first = next(iter(speeds))
    for rows, clients in CASES:
        ours = speeds[first][rows, clients]
        print(f"\n{rows} row(s), {clients} client(s); the bare model call takes {calls[rows]:.3f} ms\n")
        print("| | requests/s | p50, ms | p99, ms | ours is … times as fast |\n|---|---:|---:|---:|---:|")
        for title, found in speeds.items():
            speed = found[rows, clients]
            ratio = ours.per_second / speed.per_second
            print(
                f"| {title} | {speed.per_second:,.0f} | {speed.p50_ms:.2f} | {speed.p99_ms:.2f} | {ratio:.1f} |"
            )
        floor = speeds["floor: bare HTTP echo"][rows, clients]
        ratio, slow = ours.p50_ms / (floor.p50_ms + calls[rows]), ours.p99_ms / (floor.p99_ms + calls[rows])
        print(f"\nLatency over the floor (echo + model call): {ratio:.2f} at p50, {slow:.2f} at p99.")
    print("\n| | start, s | memory, MB |\n|---|---:|---:|")
    for title, (seconds, memory) in starts.items():
        print(f"| {title} | {seconds:.1f} | {memory:.0f} |")


if __name__ == "__main__":
    main()
