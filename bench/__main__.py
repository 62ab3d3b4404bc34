"""Every benchmark in turn."""

from __future__ import annotations

import subprocess
import sys

BENCHMARKS = (
    ("The local pipeline beside the same functions in one process", ["bench.pipeline"]),
    ("Statistics, schema and drift", ["bench.analysis", "--rows", "3000000", "30000000"]),
    (
        "The point-in-time join beside Feast's own",
        ["bench.features", "--rows", "336776", "--value-rows", "26130", "--keys", "3"],
    ),
    ("Training beside bare scikit-learn", ["bench.training"]),
    ("The prediction log", ["bench.predictions"]),
    ("The predictor beside stock servers", ["bench.serving"]),
    ("A row by its keys beside the same row with all features given", ["bench.lookup"]),
    ("Monitoring of many logged rows", ["bench.monitoring"]),
    ("Detection delay and false alarms on known streams", ["bench.detection"]),
)

for title, words in BENCHMARKS:
    print(f"\n## {title}\n", flush=True)
    subprocess.run([sys.executable, "-m", *words], check=True)  # noqa: S603
