"""Where the steps' pods run and what they get, per environment: resources, retries, secrets, volumes, node selectors."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kfp import dsl, kubernetes
from kfp.dsl import pipeline_context
from pydantic import Field

from components.contracts.files import parse, read_yaml
from components.contracts.spec import Spec

ANY = "any"
"""The entry of `steps` that holds for every step, unless the step's own says otherwise."""

RUN_LABEL = "metadata.labels['pipeline/runid']"
"""Where KFP writes the run's id on each pod."""


class SecretEnvironment(Spec):
    """Variables out of a secret."""

    secret: str = Field(description="Its name.")
    keys: dict[str, str] = Field(description="Key of the secret to name of the variable.")
    optional: bool = Field(default=False, description="Whether the pod starts without it.")


class Volume(Spec):
    """A PersistentVolumeClaim and where it is mounted."""

    claim: str
    path: str


class ConfigFolder(Spec):
    """A ConfigMap, and the folder where its files are."""

    config_map: str
    path: str


class Placement(Spec):
    """What one step's pod gets; what is left out is as in `any`, or as KFP does it."""

    cpu: str | None = Field(default=None, description="CPU to ask for, as in 500m.")
    cpu_limit: str | None = None
    memory: str | None = Field(default=None, description="Memory to ask for, as in 512Mi.")
    memory_limit: str | None = None
    retries: int | None = Field(default=None, ge=0, description="How often the step is tried again.")
    seconds: int | None = Field(default=None, gt=0, description="After how long the pod is ended.")
    environment: dict[str, str] = Field(default_factory=dict)
    secrets: tuple[SecretEnvironment, ...] = ()
    volumes: tuple[Volume, ...] = ()
    config_maps: tuple[ConfigFolder, ...] = ()
    node_selector: dict[str, str] = Field(default_factory=dict)
    pull_policy: str | None = Field(default=None, description="Always, IfNotPresent or Never.")
    pull_secrets: tuple[str, ...] = ()


class Placements(Spec):
    """The steps of one environment: manifests/overlays/ENV/steps.yaml."""

    steps: dict[str, Placement] = Field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> Placements:
        """Read the file.

        Raises:
            UseCaseError: It is not there, is not YAML, or has a wrong value; all of them are named.
        """
        return parse(cls, read_yaml(path), where=str(path))

    def of(self, step: str) -> Placement:
        """What a step gets: what holds for any, overlaid with its own; mappings and lists are joined."""
        general, own = (
            self.steps.get(name, Placement()).model_dump(exclude_unset=True) for name in (ANY, step)
        )
        return Placement.model_validate(
            {**general, **{key: _joined(general.get(key), own[key]) for key in own}}
        )


def placed(pipeline: Any, placements: Placements) -> Any:
    """The same pipeline, each of its steps with what an environment gives it."""

    @functools.wraps(pipeline.pipeline_func)
    def function(*args: Any, **kwargs: Any) -> Any:
        outputs = pipeline.pipeline_func(*args, **kwargs)
        for task in pipeline_context.Pipeline.get_default_pipeline().tasks.values():
            # An ExitHandler's own group is not a task.
            _place(task, placements.of(task.component_spec.name))
        return outputs

    return dsl.pipeline(name=pipeline.name, description=pipeline.description)(function)


def _place(task: dsl.PipelineTask, placement: Placement) -> None:
    _give_resources(task, placement)
    if placement.retries:
        task.set_retry(placement.retries, backoff_duration="10s", backoff_factor=2.0)
    kubernetes.use_field_path_as_env(task, "EVERGREEN_RUN", RUN_LABEL)
    for name, value in placement.environment.items():
        task.set_env_variable(name, value)
    for source in placement.secrets:
        kubernetes.use_secret_as_env(task, source.secret, source.keys, optional=source.optional)
    for volume in placement.volumes:
        kubernetes.mount_pvc(task, volume.claim, volume.path)
    for folder in placement.config_maps:
        kubernetes.use_config_map_as_volume(task, folder.config_map, folder.path, optional=True)
    for key, value in placement.node_selector.items():
        kubernetes.add_node_selector(task, key, value)
    if placement.seconds is not None:
        kubernetes.set_timeout(task, placement.seconds)
    if placement.pull_policy is not None:
        kubernetes.set_image_pull_policy(task, placement.pull_policy)
    if placement.pull_secrets:
        kubernetes.set_image_pull_secrets(task, list(placement.pull_secrets))


def _give_resources(task: dsl.PipelineTask, placement: Placement) -> None:
    setters = {
        task.set_cpu_request: placement.cpu,
        task.set_cpu_limit: placement.cpu_limit,
        task.set_memory_request: placement.memory,
        task.set_memory_limit: placement.memory_limit,
    }
    for give, amount in setters.items():
        if amount is not None:
            give(amount)


def _joined(general: Any, own: Any) -> Any:
    if isinstance(general, Mapping) and isinstance(own, Mapping):
        return {**general, **own}
    if isinstance(general, tuple) and isinstance(own, tuple):
        return (*general, *own)
    return own
