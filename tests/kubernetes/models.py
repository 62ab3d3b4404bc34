"""Two small models of one use case, fitted and written as the pipeline does it."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pyarrow as pa

from components.contracts.release import Release
from components.contracts.sections import Features, Preparation, Table, Training
from components.stores.models import write_model
from components.stores.objects import upload
from components.training.trainer import train
from tests.builders import COLUMNS, schema

STORE = "s3://mlpipeline/evergreen/models"
ROW = {"size": 2.5, "colour": "red"}


def rows(count: int = 400) -> pa.Table:
    """Rows with something to learn."""
    random = np.random.default_rng(0)
    size = random.normal(0, 1, count)
    values = {
        "at": pa.array(np.arange(count) * 3_600_000_000).cast(pa.timestamp("us", "UTC")),
        "id": np.arange(count),
        "size": size,
        "colour": pa.array(np.array(["red", "blue"])[random.integers(0, 2, count)]),
        "sold": size + random.normal(0, 0.5, count) > 0,
    }
    assert list(values) == [column["name"] for column in COLUMNS]
    return pa.table(values)


def release(folder: Path, version: str) -> Release:
    """A version of the use case `shop`, its model in a folder named by its digest."""
    some = rows()
    model = train(
        some.slice(0, 300),
        some.slice(300),
        Table(task="classification", label="sold", event_time="at", key=("id",)),
        schema(),
        Preparation(features=Features(numeric=("size",), categorical=("colour",))),
        Training(algorithms=("linear",), search=None),
        snapshot=f"snapshot-{version}",
        jobs=1,
    ).model
    staged = folder / f"staged-{version}"
    digest = write_model(model, staged)
    return of_folder(staged.rename(folder / digest), digest, version)


def of_folder(place: Path, digest: str, version: str) -> Release:
    """The release of a folder; in the store, where KServe's storage initializer is to find it there."""
    address = str(place)
    if os.environ.get("EVERGREEN_TEST_KSERVE"):
        address = f"{STORE}/{place.name}"
        if place.is_dir():
            upload(place, address, last="manifest.json")
    return Release(
        use_case="shop",
        version=version,
        digest=digest,
        address=address,
        run=f"run-{version}",
        snapshot=f"s{version}",
    )
