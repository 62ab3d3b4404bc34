"""Where things are kept, and who is running: read once, at the edge, from the environment or `.env`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What differs between one machine and a cluster. Everything has a default that needs no server."""

    model_config = SettingsConfigDict(env_prefix="EVERGREEN_", env_file=".env", extra="ignore", frozen=True)

    home: Path = Field(
        default=Path(".evergreen"), description="Folder for everything that is kept on this machine."
    )
    store: str = Field(
        default="", description="Snapshots and models: a folder, gs:// or s3://; HOME/store when empty."
    )
    data: str = Field(
        default="data", description="What relative table addresses of a use case are relative to."
    )
    tracking_uri: str = Field(
        default="", description="MLflow server, or a database address; HOME/mlflow.db when empty."
    )
    decisions: str = Field(
        default="",
        description="Database of the decisions to train; the metadata store's own when empty and that is a database.",
    )
    run: str = Field(
        default="", description="The pipeline run that a step belongs to; set by whoever starts it."
    )

    def store_uri(self) -> str:
        """Address of the store, absolute."""
        return self.store.rstrip("/") or str((self.home / "store").resolve())

    def mlflow_uri(self) -> str:
        """Address of the metadata store."""
        return self.tracking_uri or f"sqlite:///{(self.home / 'mlflow.db').resolve()}"
