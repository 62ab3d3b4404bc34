"""A process that logs predictions until it is killed, and prints the id of each that is answered.

python -m tests.writer JOURNAL PLACE PREFIX DURABILITY
"""

from __future__ import annotations

import sys
import time
from itertools import count
from pathlib import Path

from components.stores.journal import Limits
from components.stores.predictions import PredictionLog
from tests.predictions import QUICK, SCHEMA, batch, prediction, predictions


def main(journal: str, place: str, prefix: str, durability: str) -> None:
    """Log single predictions and, every tenth time, a hundred at once."""
    limits = Limits(bytes=60_000, seconds=0.1, durability=durability)
    log = PredictionLog(Path(journal), place, "shop", limits=limits, pace=QUICK)
    for number in count():
        rows = [prediction(f"{prefix}-{number}")]
        if number % 10:
            log.append_rows(rows, SCHEMA)
        else:
            rows = predictions(f"{prefix}-{number}", 100)
            log.append(batch(rows))
        print("\n".join(row["id"] for row in rows), flush=True)
        time.sleep(0.001)


if __name__ == "__main__":
    main(*sys.argv[1:])
