"""What Kubeflow Pipelines is asked and what it tells: its address, versions, runs and recurring runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kfp_server_api
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class KubeflowSettings(BaseSettings):
    """Where the Kubeflow Pipelines API is, and who asks it."""

    model_config = SettingsConfigDict(
        env_prefix="EVERGREEN_KFP_", env_file=".env", extra="ignore", frozen=True
    )

    endpoint: str = Field(default="", description="Address of the API, as in http://127.0.0.1:8888.")
    namespace: str = Field(
        default="", description="Where runs go when KFP serves many users; empty when it serves one."
    )
    token: SecretStr = Field(default=SecretStr(""), description="A bearer token.")
    token_file: Path | None = Field(
        default=None, description="A file with a token that is renewed, as a service account's volume has."
    )
    ca: Path | None = Field(default=None, description="Certificates that the API's is checked with.")
    proxy: str = Field(default="", description="Address of an HTTP proxy.")
    service_account: str = Field(default="", description="Kubernetes service account of the runs' pods.")
    pipeline_root: str = Field(
        default="", description="Where KFP keeps artifacts: gs:// or s3://; KFP's own default when empty."
    )

    def pods_in(self) -> str:
        """The namespace of the runs' pods."""
        return self.namespace or "kubeflow"

    def page(self, run: str) -> str:
        """A run's page on the dashboard, where that answers at the same address."""
        return f"{self.endpoint.rstrip('/')}/#/runs/details/{run}"


@dataclass(frozen=True)
class PipelineVersion:
    """A compiled pipeline that KFP knows."""

    pipeline: str
    """KFP's id of the pipeline."""
    version: str
    """KFP's id of the version."""
    name: str


@dataclass(frozen=True)
class Task:
    """A step of a run, as KFP tells it."""

    name: str
    state: str


@dataclass(frozen=True)
class RunState:
    """A run, as KFP tells it."""

    run: str
    state: str
    tasks: tuple[Task, ...]

    @property
    def ended(self) -> bool:
        """Whether it is over, in whatever way."""
        return self.state in ("SUCCEEDED", "FAILED", "CANCELED", "SKIPPED")


@dataclass(frozen=True)
class Recurring:
    """A recurring run, as KFP tells it."""

    id: str
    name: str
    enabled: bool


def named(name: str) -> str:
    """A filter for what has that name."""
    return json.dumps({"predicates": [{"operation": "EQUALS", "key": "display_name", "stringValue": name}]})


def pages(ask: Callable[[str], Any], field: str) -> Iterator[Any]:
    """What is listed in a field of all pages."""
    token = ""
    while True:
        page = ask(token)
        yield from getattr(page, field) or ()
        token = page.next_page_token or ""
        if not token:
            return


def reason(error: kfp_server_api.ApiException) -> str:
    """Why the server refused, in its own words."""
    try:
        body = json.loads(error.body)
        return str(body.get("message") or body.get("error") or error.reason)
    except (TypeError, ValueError, AttributeError):
        return str(error.reason)
