"""What serves: one version of a use case's model, and everything that leads back to how it was made."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from components.contracts.reports import Report


class Release(Report):
    """A version that may serve."""

    use_case: str
    version: str
    """Its number in the registry."""
    digest: str
    """Of the model folder."""
    address: str
    """Where the folder is: immutable, its last part is the digest."""
    run: str
    """The pipeline run that made it."""
    snapshot: str
    """Digest of the rows it was trained on."""


class Deployment(Report):
    """A release that serves, or served."""

    release: Release
    since: datetime
    endpoint: str
    """Base address of its REST endpoint, as in `http://127.0.0.1:8080`."""


class Change(Report):
    """One time that another version came to serve."""

    kind: Literal["deployment", "rollback"]
    time: datetime
    deployment: Deployment
    replaced: str = ""
    """Number of the version that served before; empty when none did."""
