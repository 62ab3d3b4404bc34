"""The decorator that makes a typed function a containerized pipeline step."""

from kfp import dsl

STEPS_IMAGE = "steps"
"""A name, not an address: `pipelines.compile.pin` puts the image in its place."""

_KFP_EXECUTOR = "kfp.dsl.executor_main"


def step(function):
    """A step that runs from the image alone, under `components.process`.

    `components.process` calls KFP's executor and tells an expected failure in one message.
    """
    component = dsl.component(function, base_image=STEPS_IMAGE, install_kfp_package=False)
    container = component.component_spec.implementation.container
    container.command = [
        part.replace(f"-m {_KFP_EXECUTOR}", f"-m components.process {_KFP_EXECUTOR}")
        for part in container.command
    ]
    return component
