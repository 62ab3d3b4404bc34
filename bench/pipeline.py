"""The local pipeline beside the same functions in one process: what the processes of the steps cost.

python -m bench.pipeline --use-case flights --as-of 2014-01-01
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from components.settings import Settings
from pipelines import definitions, library


def direct(use_case: str, as_of: str, folder: Path) -> None:
    """Call every step's function in order, in this process, with the artifacts in a folder."""
    from kfp.dsl import HTML, Artifact, ClassificationMetrics, Dataset, Markdown, Metrics, Model

    from components.analysis.component import analyze
    from components.evaluation.component import evaluate
    from components.extraction.component import extract
    from components.preparation.component import prepare
    from components.recording.component import record, register, resolve
    from components.training.component import train
    from components.validation.component import validate
    from pipelines.start import parsed

    def made(kind: type[Artifact], name: str) -> Artifact:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        return kind(uri=str(folder / name))

    entry = library.load(use_case)
    definitions.bring(entry.case, Settings())
    part = entry.arguments()
    instant = parsed(as_of).isoformat()
    sections = {key: value for key, value in part.items() if key != "serving"}
    header = {**sections, "run": "direct", "cause": "manual", "as_of": instant, "code": "bench"}
    extraction = made(Artifact, "extraction")
    keyed = str(folder / "views")
    snapshot = extract.python_func(
        part["table"], part["schema"], part["extraction"], instant, extraction, keyed
    )
    views = json.loads(Path(keyed).read_text())
    champion, standing, reference, lineage = resolve.python_func(**header, snapshot=snapshot, views=views)
    statistics, analysis, page = (
        made(Artifact, "statistics"),
        made(Artifact, "analysis"),
        made(HTML, "analysis.html"),
    )
    analyze.python_func(
        snapshot, part["table"], part["schema"], part["analysis"], reference, statistics, analysis, page
    )
    rows = {name: made(Dataset, name) for name in ("train", "validation", "test")}
    preparation = made(Artifact, "preparation")
    prepare.python_func(
        snapshot, part["table"], part["schema"], part["preparation"], **rows, report=preparation
    )
    model, baseline, training = made(Model, "model"), made(Model, "baseline"), made(Artifact, "training")
    train.python_func(
        snapshot,
        part["table"],
        part["schema"],
        part["preparation"],
        part["training"],
        views,
        rows["train"],
        rows["validation"],
        model,
        baseline,
        training,
    )
    evaluation, evaluation_page = made(Artifact, "evaluation"), made(HTML, "evaluation.html")
    evaluate.python_func(
        champion,
        part["table"],
        part["preparation"],
        part["evaluation"],
        rows["test"],
        model,
        baseline,
        evaluation,
        made(Metrics, "metrics"),
        made(ClassificationMetrics, "classification"),
        evaluation_page,
    )
    verdict, smoke = made(Artifact, "verdict"), made(Artifact, "smoke")
    validate.python_func(part["validation"], evaluation, model, verdict, smoke, made(Markdown, "summary"))
    register.python_func(
        "direct",
        entry.case.name,
        standing,
        lineage,
        extraction,
        statistics,
        analysis,
        page,
        preparation,
        training,
        model,
        evaluation,
        evaluation_page,
        smoke,
        verdict,
    )
    from kfp.dsl import PipelineTaskFinalStatus

    record.python_func(PipelineTaskFinalStatus("SUCCEEDED", "", "", None, None), **header)


def measured(command: list[str], environment: dict[str, str]) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak memory in MB of a command and the processes under it."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(command, env=environment, stdout=told, stderr=told)  # noqa: S603 - our own command
        _, status, used = os.wait4(
            process.pid, 0
        )  # of this command alone: getrusage keeps the largest of all
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - start
        if process.returncode != 0:
            told.seek(0)
            raise SystemExit(told.read().decode()[-4000:])
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1000


def main() -> None:
    """Measure both ways in turn, each in a home of its own, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--use-case", default="flights")
    parser.add_argument("--as-of", default="2014-01-01")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--direct", type=Path)
    asked = parser.parse_args()
    if asked.direct is not None:
        direct(asked.use_case, asked.as_of, asked.direct)
        return

    library.bring_data(library.locate(asked.use_case), Settings().data)
    pipeline = [
        str(Path(sys.executable).with_name("evergreen")),
        "run",
        asked.use_case,
        "--as-of",
        asked.as_of,
    ]
    plain = [
        sys.executable,
        "-m",
        "bench.pipeline",
        "--use-case",
        asked.use_case,
        "--as-of",
        asked.as_of,
        "--direct",
    ]
    print(f"{asked.use_case} as of {asked.as_of}\n")
    print("| way | wall s | CPU s | peak memory MB |\n|---|---|---|---|")
    ratios = []
    for _ in range(asked.runs):
        ways = []
        for name, command in (("one process", plain), ("pipeline", pipeline)):
            home = Path(tempfile.mkdtemp(prefix="evergreen-bench-"))
            environment = {
                **os.environ,
                "OMP_WAIT_POLICY": "PASSIVE",  # as in the steps: threads that spin would measure the neighbours
                "EVERGREEN_HOME": str(home),
                "EVERGREEN_DATA": str(Path(Settings().data).resolve()),
                "EVERGREEN_SERVING": "none",
            }
            extra = [str(home / "direct")] if command is plain else ["--build", str(home / "build")]
            wall, cpu, memory = measured([*command, *extra], environment)
            shutil.rmtree(home)
            print(f"| {name} | {wall:.1f} | {cpu:.1f} | {memory:,.0f} |", flush=True)
            ways.append((wall, cpu))
        ratios.append([pipeline / alone for alone, pipeline in zip(*ways, strict=True)])
    for name, values in zip(("wall clock", "CPU"), zip(*ratios, strict=True), strict=True):
        print(f"\npipeline / one process, {name}: {', '.join(f'{ratio:.2f}' for ratio in values)}")


if __name__ == "__main__":
    main()
