"""Where things are kept, and who is running: read once, at the edge, from the environment or `.env`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from components.contracts.errors import UseCaseError


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
    alerts: str = Field(
        default="",
        description="Where alerts go: a webhook (https://, Slack's form) or a file; HOME/alerts.jsonl when empty.",
    )
    starter: str = Field(
        default="",
        description="`module:function` that the step `trigger` starts runs with; when empty, whoever started it does.",
    )
    predictions: str = Field(
        default="", description="The prediction log: a folder, gs:// or s3://; STORE/predictions when empty."
    )
    features: str = Field(
        default="",
        description="Folder of feature_store.yaml and the definitions; the one beside the use cases when empty.",
    )
    serving: Literal["local", "kserve", "none"] = Field(
        default="local", description="Where a champion serves: on this machine, on a cluster, or nowhere."
    )
    run: str = Field(
        default="", description="The pipeline run that a step belongs to; set by whoever starts it."
    )
    signing_key: Path | None = Field(
        default=None,
        description="PEM file of the elliptic-curve key that models are signed with; none are when absent.",
    )
    signing_certificate: Path | None = Field(
        default=None,
        description="PEM file of that key's certificate, those between it and the root after it; a bare key when absent.",
    )

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except UnicodeDecodeError as error:
            raise UseCaseError(f"{Path('.env').resolve()} is not UTF-8 text; save it as such") from error

    def store_uri(self) -> str:
        """Address of the store, absolute."""
        return self.store.rstrip("/") or str((self.home / "store").resolve())

    def data_uri(self) -> str:
        """What relative table addresses are relative to, for a process that works from another folder."""
        return self.data if "://" in self.data else str(Path(self.data).resolve())

    def alerts_place(self) -> str:
        """Where alerts go."""
        return self.alerts or str((self.home / "alerts.jsonl").resolve())

    def predictions_uri(self) -> str:
        """Address of the prediction log."""
        return self.predictions.rstrip("/") or f"{self.store_uri()}/predictions"

    def mlflow_uri(self) -> str:
        """Address of the metadata store."""
        return self.tracking_uri or f"sqlite:///{(self.home / 'mlflow.db').resolve()}"

    def keeps_decisions(self) -> bool:
        """Whether the database of the decisions is in reach; of an MLflow server's it is not known."""
        return bool(self.decisions) or not self.mlflow_uri().startswith("http")

    def features_folder(self) -> Path:
        """Feast's repository folder, absolute."""
        beside = Path(__file__).parent.parent / "pipelines" / "usecases" / "features"
        return Path(self.features).resolve() if self.features else beside


class LogSettings(BaseSettings):
    """How predictions are kept on this machine until they are in the prediction log."""

    model_config = SettingsConfigDict(
        env_prefix="EVERGREEN_LOG_", env_file=".env", extra="ignore", frozen=True
    )

    folder: Path | None = Field(
        default=None,
        description="On a disk that outlives the process; HOME/journal when empty.",
    )
    salt: SecretStr = Field(default=SecretStr(""), description="Key of the columns that are kept as a hash.")
    full_disk: Literal["refuse", "drop"] = Field(
        default="refuse", description="refuse: stop answering; drop: answer, and count what is not kept."
    )
    durability: Literal["process", "second", "power"] = Field(
        default="process",
        description="What an answered prediction outlives: the process, a power failure but for the last second, or any.",
    )
    segment_mb: float = Field(default=8.0, gt=0, description="MB (10^6 bytes) from which a file is shipped.")
    segment_seconds: float = Field(default=60.0, gt=0, description="Age from which a file is shipped.")
    backlog_mb: float = Field(
        default=4000.0, gt=0, description="MB that may wait on this machine; beyond, the disk counts as full."
    )
