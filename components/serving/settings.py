"""What one predictor serves and within which limits: from the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from components.contracts.prediction_logging import PredictionLogging
from components.stores.signatures import Trust


class ServingSettings(BaseSettings):
    """The predictor's own settings, each an environment variable `EVERGREEN_SERVING_…`."""

    model_config = SettingsConfigDict(env_prefix="EVERGREEN_SERVING_", extra="ignore", frozen=True)

    model: str = Field(
        default="/mnt/models",
        description="The model's folder, gs:// or s3:// address; KServe puts it at the default.",
    )
    name: str = Field(
        default="model", min_length=1, description="The use case, which is the model's name in paths."
    )
    version: str = Field(default="", description="The registry's number of the version.")
    digest: str = Field(default="", description="Digest that the folder must have; any when empty.")
    run: str = Field(default="", description="The pipeline run that made the model.")

    host: str = Field(default="0.0.0.0", description="Address to listen on.")  # noqa: S104 - a container's
    port: int = Field(default=8080, ge=0, le=65535, description="Port to listen on.")
    parent: int = Field(
        default=0, description="A process with which this one ends, for it is on trial there; none when 0."
    )
    repository: bool = Field(
        default=False, description="Whether callers on this machine may replace the model that serves."
    )

    other_lock: bool = Field(
        default=False, description="Serve a model of another lock all the same; said loudly in the log."
    )
    public_key: str = Field(
        default="", description="PEM file of the key that models must be signed with; none when empty."
    )

    roots: str = Field(
        default="",
        description="PEM file of the root certificates that a model's signer must lead to; none when empty.",
    )

    log: str = Field(default="", description="Place of the prediction log; no log when empty.")
    keep: PredictionLogging = Field(
        default=PredictionLogging(), description="What is kept there of each prediction, as JSON."
    )

    features: str = Field(
        default="",
        description="Folder of the feature_store.yaml whose online store is read; requests must carry all inputs when empty.",
    )
    lookup_timeout: float = Field(
        default=0.5, gt=0, description="Seconds that looking a request's features up may take."
    )

    max_bytes: int = Field(default=10_000_000, gt=0, description="Largest request, in bytes.")
    max_rows: int = Field(default=10_000, gt=0, description="Most rows in one request.")
    max_requests: int = Field(default=256, gt=0, description="Most requests at the same time.")
    timeout: float = Field(default=30.0, gt=0, description="Seconds from a request's head to its answer.")
    grace: int = Field(default=25, ge=0, description="Seconds to finish what was accepted, when stopped.")

    def trust(self) -> Trust | None:
        """Whose signatures models must have; None demands none."""
        key, roots = (Path(place) if place else None for place in (self.public_key, self.roots))
        return Trust(key, roots) if key or roots else None
