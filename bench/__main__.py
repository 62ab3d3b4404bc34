"""Every benchmark in turn."""

from __future__ import annotations

import subprocess
import sys

BENCHMARKS = (
    ("The local pipeline beside the same functions in one process", ["bench.pipeline"]),
    ("Statistics, schema and drift", ["bench.analysis"]),
    ("Training beside bare scikit-learn", ["bench.training"]),
    ("Monitoring of many logged rows", ["bench.monitoring"]),
    ("Detection delay and false alarms on known streams", ["bench.detection"]),
)

for title, words in BENCHMARKS:
    print(f"\n## {title}\n", flush=True)
    subprocess.run([sys.executable, "-m", *words], check=True)  # noqa: S603
