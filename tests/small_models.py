"""Models that are trained in no time, for whom only that they serve matters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from components.contracts.release import Release
from components.contracts.sections import Training
from components.stores.models import write_model
from components.training.trainer import train
from tests.builders import schema, use_case

ROW = {"size": 1.5, "colour": "red"}


def sales(number: int) -> pa.Table:
    """Rows whose label means something else in each version."""
    random = np.random.default_rng(number)
    size = random.normal(size=400)
    return pa.table(
        {
            "at": [datetime(2013, 1, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(400)],
            "id": range(400),
            "size": size,
            "colour": np.where(random.random(400) < 0.5, "red", "blue"),
            "sold": size > number - 2,
        },
    )


def release(number: int, folder: Path) -> Release:
    """A version of the small use case's model."""
    case, rows = use_case(), sales(number)
    trained = train(
        rows.slice(0, 300),
        rows.slice(300),
        case.table,
        schema(),
        case.preparation,
        Training(algorithms=("linear",), search=None),
        snapshot="s",
        jobs=1,
    )
    digest = write_model(trained.model, folder)
    return Release(
        use_case="shop", version=str(number), digest=digest, address=str(folder), run="r", snapshot="s"
    )
