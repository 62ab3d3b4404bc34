"""A dark launch of the registry's challenger, on the cluster that settings name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kubernetes import client

from components.contracts.errors import UseCaseError
from components.serving.cluster import KServeSettings, connected
from components.serving.comparison import Comparison
from components.serving.pods import Pods
from components.serving.shadow import dark_launch
from components.settings import Settings
from components.stores.folders import read_manifest
from components.stores.registry import Registry
from components.stores.runs import Runs
from components.stores.served import read_predictions
from pipelines import library


def launch(use_case: str, hours: int, rows: int) -> Comparison:
    """Replay the latest logged requests to the challenger.

    Args:
        use_case: Its name.
        hours: How much of the prediction log is read, to the present.
        rows: At most so many predictions, the latest.

    Raises:
        UseCaseError: There is no challenger that does not serve already.
        DataError: Nothing is logged.
        RolloutError: The challenger does not come up.
    """
    settings, where = Settings(), KServeSettings()
    case = library.load(use_case).case
    registry = Registry(Runs(settings), case.name)
    challenger, champion = registry.challenger(), registry.champion()
    if challenger is None or (champion is not None and champion.number == challenger.number):
        raise UseCaseError(f"{case.name} has no challenger beside its champion; a run makes one")
    release = registry.release(challenger)
    now = datetime.now(UTC)
    logged = read_predictions(settings.predictions_uri(), case.name, now - timedelta(hours=hours), now)
    latest = logged.order_by(logged["time"].desc()).limit(rows).to_pyarrow()
    kserve = connected(where, case.serving)
    return dark_launch(
        kserve, Pods(client.ApiClient(), where.namespace), release, read_manifest(release.address), latest
    )
