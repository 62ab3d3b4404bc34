"""Kubeflow Pipelines: pipeline versions named by their content, runs, and recurring runs, through its REST API."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import kfp_server_api
import urllib3
from kfp import Client
from kfp.client import ServiceAccountTokenVolumeCredentials

from components.contracts.errors import StoreError
from components.stores.kubeflow_words import (
    KubeflowSettings,
    PipelineVersion,
    Recurring,
    RunState,
    Task,
    named,
    pages,
    reason,
)

PAGE = 100


class Kubeflow:
    """The API of Kubeflow Pipelines, as far as Evergreen needs it."""

    def __init__(self, settings: KubeflowSettings) -> None:
        """Connect.

        Raises:
            StoreError: No endpoint is set, or it does not answer.
        """
        if not settings.endpoint:
            raise StoreError(
                "no Kubeflow Pipelines API is named; set EVERGREEN_KFP_ENDPOINT, as in http://127.0.0.1:8888"
            )
        self._settings = settings
        with self._explained("Kubeflow Pipelines cannot be used"), warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # that it does not speak version 1
            self._client = Client(**_arguments(settings))

    def publish(self, pipeline: str, description: str, name: str, ir: Path) -> PipelineVersion:
        """The version of that name, uploaded unless KFP has it.

        Args:
            pipeline: Name of the pipeline.
            description: What it does; for the dashboard.
            name: Name of the version, which its content decides.
            ir: The compiled pipeline.

        Raises:
            StoreError: KFP cannot be reached, or refuses.
        """
        with self._explained(f"pipeline {pipeline} cannot be published"):
            pipeline_id = self._pipeline(pipeline, description)
            found = self._client.list_pipeline_versions(
                pipeline_id, page_size=PAGE, filter=named(name)
            ).pipeline_versions
            version = (found or [None])[0] or self._client.upload_pipeline_version(
                str(ir), name, pipeline_id=pipeline_id
            )
        return PipelineVersion(pipeline_id, str(version.pipeline_version_id), name)

    def start(
        self, version: PipelineVersion, experiment: str, name: str, arguments: Mapping[str, Any]
    ) -> str:
        """Start a run and return KFP's id of it.

        Raises:
            StoreError: KFP cannot be reached, or refuses.
        """
        with self._explained(f"run {name!r} cannot be started"):
            return str(
                self._client.run_pipeline(
                    self._experiment(experiment), name, **self._what(version, arguments)
                ).run_id
            )

    def state(self, run: str) -> RunState:
        """How a run is getting on.

        Raises:
            StoreError: KFP cannot be reached, or has no such run.
        """
        with self._explained(f"run {run} cannot be looked up"):
            found = self._client.get_run(run)
        details = found.run_details.task_details if found.run_details else None
        seen = {
            # Every task is listed twice, as `x` and as `x(0)`.
            re.sub(r"\(\d+\)$", "", str(task.display_name)): str(task.state)
            for task in details or ()
            if task.state
        }
        return RunState(run, str(found.state), tuple(Task(name, state) for name, state in seen.items()))

    def latest(self, pipeline: str, experiment: str) -> tuple[PipelineVersion, dict[str, Any]] | None:
        """The version and the arguments of the latest run of a pipeline in an experiment; None when there is none.

        Raises:
            StoreError: KFP cannot be reached, or refuses.
        """
        with self._explained(f"the runs of {experiment} cannot be looked up"):
            known = self._client.get_pipeline_id(pipeline)
            for run in self._runs(experiment):
                used = run.pipeline_version_reference
                if used is not None and used.pipeline_id == known:
                    version = PipelineVersion(used.pipeline_id, used.pipeline_version_id, "")
                    return version, dict(run.runtime_config.parameters or {})
        return None

    def run_named(self, experiment: str, name: str) -> str:
        """The latest run of an experiment that has that name; nothing when none has.

        Raises:
            StoreError: KFP cannot be reached, or refuses.
        """
        with self._explained(f"the runs of {experiment} cannot be looked up"):
            return next((str(run.run_id) for run in self._runs(experiment) if run.display_name == name), "")

    def _runs(self, experiment: str) -> Iterator[Any]:
        """The runs of an experiment, latest first."""
        place = self._experiment(experiment)
        return pages(
            lambda token: self._client.list_runs(
                page_token=token, page_size=PAGE, sort_by="created_at desc", experiment_id=place
            ),
            "runs",
        )

    def recurring(self, experiment: str) -> tuple[Recurring, ...]:
        """The recurring runs of an experiment, the disabled ones too.

        Raises:
            StoreError: KFP cannot be reached, or refuses.
        """
        with self._explained(f"the recurring runs of {experiment} cannot be looked up"):
            place = self._experiment(experiment)
            return tuple(
                Recurring(str(found.recurring_run_id), str(found.display_name), found.status == "ENABLED")
                for found in pages(
                    lambda token: self._client.list_recurring_runs(
                        page_token=token, page_size=PAGE, experiment_id=place
                    ),
                    "recurring_runs",
                )
            )

    def recur(
        self,
        version: PipelineVersion,
        experiment: str,
        name: str,
        cron: str,
        arguments: Mapping[str, Any],
    ) -> str:
        """Make a recurring run, of which one run goes on at a time and none is caught up; return its id.

        Raises:
            StoreError: KFP cannot be reached, or refuses.
        """
        with self._explained(f"recurring run {name!r} cannot be made"):
            made = self._client.create_recurring_run(
                self._experiment(experiment),
                name,
                cron_expression=cron,
                max_concurrency=1,
                no_catchup=True,
                **self._what(version, arguments),
            )
        return str(made.recurring_run_id)

    def disable(self, recurring: str) -> None:
        """Start nothing more from a recurring run; what it started goes on."""
        with self._explained(f"recurring run {recurring} cannot be disabled"):
            self._client.disable_recurring_run(recurring)

    def enable(self, recurring: str) -> None:
        """Let a recurring run start runs again."""
        with self._explained(f"recurring run {recurring} cannot be enabled"):
            self._client.enable_recurring_run(recurring)

    def _pipeline(self, name: str, description: str) -> str:
        known = self._client.get_pipeline_id(name)
        if known is not None:
            return str(known)
        # `upload_pipeline` would make a first version with the pipeline's name, which says nothing of its content.
        wanted = kfp_server_api.V2beta1Pipeline(
            name=name,
            display_name=name,
            description=description,
            namespace=self._settings.namespace or None,
        )
        return str(self._client.pipelines.pipeline_service_create_pipeline(pipeline=wanted).pipeline_id)

    def _experiment(self, name: str) -> str:
        return str(
            self._client.create_experiment(name, namespace=self._settings.namespace or None).experiment_id
        )

    def _what(self, version: PipelineVersion, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "pipeline_id": version.pipeline,
            "version_id": version.version,
            "params": dict(arguments),
            "pipeline_root": self._settings.pipeline_root or None,
            "service_account": self._settings.service_account or None,
        }

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        endpoint = self._settings.endpoint
        try:
            with redirect_stdout(StringIO()):  # links that the client prints; the command shows its own
                yield
        except kfp_server_api.ApiException as error:
            raise StoreError(f"{what}: {endpoint} answered {error.status}: {reason(error)}") from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise StoreError(
                f"{what}: {endpoint} does not answer ({type(error).__name__}); check EVERGREEN_KFP_ENDPOINT, or "
                "forward a port: kubectl port-forward -n kubeflow svc/ml-pipeline 8888"
            ) from error
        except ValueError as error:
            raise StoreError(f"{what}: {error}") from error


def _arguments(settings: KubeflowSettings) -> dict[str, Any]:
    token = settings.token.get_secret_value()
    credentials = (
        ServiceAccountTokenVolumeCredentials(path=str(settings.token_file)) if settings.token_file else None
    )
    return {
        "host": settings.endpoint,
        "namespace": settings.namespace or "kubeflow",
        "existing_token": token or None,
        "credentials": None if token else credentials,
        "ssl_ca_cert": str(settings.ca) if settings.ca else None,
        "proxy": settings.proxy or None,
    }
