"""The rollout on the cluster that a pod runs in, or that KUBECONFIG names."""

from __future__ import annotations

from kubernetes import client, config
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from components.contracts.errors import RolloutError
from components.contracts.serving import Serving
from components.serving.canary import Plan
from components.serving.kserve import KServe
from components.serving.manifest import Capacity
from components.serving.rollout import Rollout
from components.serving.weighted import Way, Weighted


class KServeSettings(BaseSettings):
    """Where champions serve on a cluster, and by how much."""

    model_config = SettingsConfigDict(
        env_prefix="EVERGREEN_KSERVE_", env_file=".env", extra="ignore", frozen=True
    )

    namespace: str = Field(default="evergreen-kind", description="Where the InferenceServices are.")
    patience: float = Field(default=300.0, gt=0, description="Seconds that a rollout may take.")
    min_replicas: int = Field(default=1, ge=0, description="Pods at least.")
    max_replicas: int = Field(default=2, ge=1, description="Pods at most.")
    cpu: str = Field(default="100m", description="CPU that each asks for.")
    memory: str = Field(default="512Mi", description="Memory that each asks for.")
    memory_limit: str = Field(default="1Gi", description="Memory that each may take.")
    gateway: str = Field(
        default="", description="NAMESPACE/NAME of the Gateway that callers come by, where shares are given."
    )
    canary: Plan | None = Field(
        default=None,
        description='Shares of the requests that a new version gets before all, as JSON: {"steps": [5, 25]}.',
    )

    def capacity(self) -> Capacity:
        """How much serves a use case."""
        return Capacity.model_validate(self.model_dump(include=set(Capacity.model_fields)))


def connected(settings: KServeSettings, serving: Serving) -> KServe:
    """The rollout.

    Args:
        settings: Where, and by how much.
        serving: How the champion of the use case serves.

    Raises:
        RolloutError: There is no cluster, or it has no KServe.
    """
    try:
        config.load_config()
    except config.ConfigException as error:
        raise RolloutError(f"there is no cluster to serve on: {error}; set KUBECONFIG") from error
    return KServe(
        client.ApiClient(),
        settings.namespace,
        settings.capacity(),
        keep=kept(serving),
        patience=settings.patience,
    )


def rolled(settings: KServeSettings, serving: Serving) -> Rollout:
    """The rollout, in shares where settings say so.

    Args:
        settings: Where, by how much, and in which shares.
        serving: How the champion of the use case serves.

    Raises:
        RolloutError: There is no cluster, or it has no KServe.
    """
    kserve = connected(settings, serving)
    if settings.canary is None:
        return kserve
    way = Way(settings.canary, settings.gateway, settings.patience)
    return Weighted(kserve, client.ApiClient(), settings.namespace, way, settings.capacity(), kept(serving))


def kept(serving: Serving) -> str:
    """What the prediction log keeps, as the predictor's settings take it; nothing where it keeps everything."""
    told = serving.log.model_dump_json(exclude_defaults=True)
    return "" if told == "{}" else told
