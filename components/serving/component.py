"""Step 7: serving."""

from components.step import step


@step
def serve(name: str, serving: dict) -> str:
    """Make the champion serve in place of what served before, without a failed request.

    Args:
        name: The use case.
        serving: The use case's `serving` section.

    Returns:
        Output: Base address of its REST endpoint; empty where nothing serves.
    """
    from components.contracts.serving import Serving
    from components.serving.adapters import rollout
    from components.serving.serve import follow
    from components.settings import Settings
    from components.stores.deployments import Deployments
    from components.stores.registry import Registry
    from components.stores.runs import Runs

    settings = Settings()
    runs = Runs(settings)
    where = rollout(settings, Serving.model_validate(serving))
    return follow(where, Registry(runs, name), Deployments(runs, name))
