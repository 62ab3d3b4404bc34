"""The metadata store: one MLflow experiment per use case, one MLflow run per pipeline run."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock

from components.contracts.errors import StoreError
from components.contracts.reports import Report, RunHeader, RunSummary
from components.settings import Settings

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
# Of a server that does not answer, a user wants to hear within seconds; MLflow's own seven tries take minutes.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
logging.getLogger("alembic").setLevel(logging.WARNING)

from mlflow import MlflowClient  # noqa: E402  (after its settings)
from mlflow.entities import Metric, Param, Run, RunTag  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402
from sqlalchemy import create_engine  # noqa: E402  (MLflow's own way to a database)
from sqlalchemy.exc import SQLAlchemyError  # noqa: E402

# How its tables are made is nothing a user asked about.
logging.getLogger("mlflow").setLevel(logging.WARNING)

R = TypeVar("R", bound=Report)

DEPLOYMENTS = ".deployments"
"""What the experiment of a use case's deployments is called after its name, which cannot hold a dot."""

_TAG_LIMIT = 4_900
_PARAM_LIMIT = 5_900
_HISTORY_LIMIT = 1_000


class Runs:
    """What was run, why, on what, and what came of it."""

    def __init__(self, settings: Settings) -> None:
        self._uri = settings.mlflow_uri()
        self._artifacts = f"{settings.store_uri()}/mlflow"
        self.client = _connect(self._uri)

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Nobody else on this machine writes to the metadata store meanwhile.

        SQLite has one writer at a time. A server orders its writers by itself.
        """
        if not self._uri.startswith("sqlite:///"):
            yield
            return
        with _lock(self._uri):
            yield

    def open(self, header: RunHeader) -> str:
        """The MLflow run of a pipeline run, made when it is not there yet."""
        with self.exclusively():
            experiment = self.experiment(header.use_case)
            found = self._find(experiment, header.run)
            if found is not None:
                return str(found.info.run_id)
            tags = {
                "evergreen.run": header.run,
                "evergreen.cause": header.cause,
                "evergreen.as_of": header.as_of,
                "evergreen.code": header.code,
                "evergreen.lock": header.lock,
            }
            made = self.client.create_run(
                experiment, run_name=f"{header.as_of[:10]} {header.cause}", tags=tags
            )
            run_id = str(made.info.run_id)
            params = [Param(key, value[:_PARAM_LIMIT]) for key, value in flat(header.config).items()]
            for start in range(0, len(params), 100):
                self.client.log_batch(run_id, params=params[start : start + 100])
            self.client.log_dict(run_id, header.config, "config.json")
            return run_id

    def log(self, run_id: str, tags: Mapping[str, str], metrics: Mapping[str, float]) -> None:
        """Add facts to a run. Values that are not finite are left out: a chart cannot draw them."""
        now = int(datetime.now(UTC).timestamp() * 1000)
        finite = [Metric(key, value, now, 0) for key, value in metrics.items() if abs(value) < float("inf")]
        with self.exclusively():
            self.client.log_batch(
                run_id,
                metrics=finite,
                tags=[RunTag(f"evergreen.{key}", value[:_TAG_LIMIT]) for key, value in tags.items()],
            )

    def attach(self, run_id: str, files: Mapping[str, Path]) -> None:
        """Keep files with a run, each under its name."""
        for name, path in files.items():
            self.client.log_text(run_id, path.read_text(encoding="utf-8"), name)

    def close(self, use_case: str, run: str, succeeded: bool, reason: str = "") -> None:
        """End a run; a failed one keeps its reason."""
        run_id = self.id_of(use_case, run)
        with self.exclusively():
            if reason:
                self.client.set_tag(run_id, "evergreen.reason", reason[:_TAG_LIMIT])
            self.client.set_terminated(run_id, "FINISHED" if succeeded else "FAILED")

    def id_of(self, use_case: str, run: str) -> str:
        """MLflow's own id of a pipeline run.

        Raises:
            StoreError: The run was never opened.
        """
        found = self._find(self.experiment(use_case), run)
        if found is None:
            raise StoreError(f"run {run} of {use_case} was never opened in the metadata store")
        return str(found.info.run_id)

    def history(self, use_case: str) -> tuple[RunSummary, ...]:
        """The runs of a use case, latest first; empty when it never ran."""
        experiment = self.client.get_experiment_by_name(use_case)
        if experiment is None:
            return ()
        found = self.client.search_runs(
            [experiment.experiment_id], order_by=["start_time DESC"], max_results=_HISTORY_LIMIT
        )
        return tuple(summarize(run, use_case) for run in found)

    def find(self, run: str) -> RunSummary:
        """The run whose id starts so, in any use case.

        Raises:
            StoreError: None does, or more than one.
        """
        found = [
            summary
            for experiment in self.client.search_experiments()
            if not experiment.name.endswith(DEPLOYMENTS)
            for summary in self.history(experiment.name)
            if summary.run.startswith(run)
        ]
        if len(found) != 1:
            what = "no run has" if not found else f"{len(found)} runs have"
            raise StoreError(f"{what} an id that starts with {run!r}; `evergreen history USECASE` lists them")
        return found[0]

    def config(self, summary: RunSummary) -> dict[str, Any]:
        """The configuration that a run was started with, flat: `section.key` to text."""
        run = self._find(self.experiment(summary.use_case), summary.run)
        return dict(run.data.params) if run is not None else {}

    def report(self, summary: RunSummary, name: str, kind: type[R]) -> R | None:
        """A report that a run kept, or None when it did not come so far."""
        text = self._text(summary, f"reports/{name}.json")
        return None if text is None else kind.model_validate_json(text)

    def pages(self, summary: RunSummary) -> dict[str, str]:
        """Name to path or address of the pages that a run kept."""
        run = self._find(self.experiment(summary.use_case), summary.run)
        if run is None:
            return {}
        kept = self.client.list_artifacts(run.info.run_id, "pages")
        return {Path(page.path).stem: f"{run.info.artifact_uri}/{page.path}" for page in kept}

    def _text(self, summary: RunSummary, name: str) -> str | None:
        run = self._find(self.experiment(summary.use_case), summary.run)
        if run is None or name not in (
            file.path for file in self.client.list_artifacts(run.info.run_id, str(Path(name).parent))
        ):
            return None
        with tempfile.TemporaryDirectory() as folder:
            return Path(self.client.download_artifacts(run.info.run_id, name, folder)).read_text(
                encoding="utf-8"
            )

    def latest_statistics(self, use_case: str, other_than: str) -> str:
        """Address of the statistics of the latest other snapshot that was trained on, or nothing."""
        experiment = self.client.get_experiment_by_name(use_case)
        if experiment is None:
            return ""
        found = self.client.search_runs(
            [experiment.experiment_id],
            f"tags.`evergreen.snapshot` != '{other_than}' and attributes.status = 'FINISHED'",
            order_by=["start_time DESC"],
            max_results=1,
        )
        return str(found[0].data.tags.get("evergreen.statistics", "")) if found else ""

    def experiment(self, use_case: str) -> str:
        """MLflow's id of an experiment, made when it is not there yet."""
        experiment = self.client.get_experiment_by_name(use_case)
        if experiment is not None:
            return str(experiment.experiment_id)
        # A server knows where its artifacts belong; a database alone would put them into the working directory.
        place = None if self._uri.startswith("http") else f"{self._artifacts}/{use_case}"
        try:
            return str(self.client.create_experiment(use_case, artifact_location=place))
        except MlflowException:
            # Another run made it in the meantime.
            return str(self.client.get_experiment_by_name(use_case).experiment_id)

    def _find(self, experiment: str, run: str) -> Run | None:
        found = self.client.search_runs([experiment], f"tags.`evergreen.run` = '{run}'", max_results=1)
        return found[0] if found else None


def summarize(run: Run, use_case: str) -> RunSummary:
    """A line of history out of an MLflow run."""
    tags = {key.removeprefix("evergreen."): value for key, value in run.data.tags.items()}
    started = datetime.fromtimestamp(run.info.start_time / 1000, UTC)
    ended = run.info.end_time
    status = {"FINISHED": "succeeded", "FAILED": "failed", "KILLED": "failed"}.get(run.info.status, "running")
    return RunSummary.model_validate(
        {
            "run": tags.get("run", run.info.run_id),
            "use_case": use_case,
            "started": started,
            "seconds": (ended - run.info.start_time) / 1000 if ended else None,
            "cause": tags.get("cause", "manual"),
            "as_of": tags.get("as_of", ""),
            **{
                key: tags.get(key, "")
                for key in ("window", "snapshot", "code", "lock", "verdict", "version", "champion")
            },
            "status": status,
            "reasons": tuple(tags["reason"].split("\n")) if tags.get("reason") else (),
            "metrics": dict(run.data.metrics),
        }
    )


def flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested values as `section.key` to text, as MLflow's parameters want them."""
    found: dict[str, str] = {}
    for key, value in config.items():
        if isinstance(value, Mapping) and value:
            found |= flat(value, f"{prefix}{key}.")
        elif key == "columns" and isinstance(value, list):
            found[f"{prefix}{key}"] = ", ".join(str(column["name"]) for column in value)
        else:
            found[f"{prefix}{key}"] = str(value)
    return found


def _connect(uri: str) -> MlflowClient:
    try:
        if not uri.startswith("sqlite:///"):
            _reach(uri)
            client = MlflowClient(uri)
            client.search_experiments(max_results=1)
            return client
        Path(uri.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        # The first connection makes the tables; two at once would make them twice.
        with _lock(uri):
            client = MlflowClient(uri)
            client.search_experiments(max_results=1)
            return client
    except (MlflowException, SQLAlchemyError, OSError) as error:
        said = str(error).replace(uri, _masked(uri)).partition("\n[SQL:")[0].partition("\n(Background")[0]
        raise StoreError(
            f"the metadata store {_masked(uri)} cannot be used: {said.strip()}; check EVERGREEN_TRACKING_URI and "
            "EVERGREEN_HOME"
        ) from error


def _reach(uri: str) -> None:
    """Connect to a database once: MLflow would try for minutes before it told that nobody is there."""
    if uri.startswith(("postgresql", "mysql", "mssql")):
        create_engine(uri).connect().close()


def _lock(uri: str) -> FileLock:
    return FileLock(uri.removeprefix("sqlite:///") + ".lock", timeout=300)


def _masked(uri: str) -> str:
    """The address without its password."""
    head, at, tail = uri.rpartition("@")
    return f"{head.split('://')[0]}://***@{tail}" if at else uri
