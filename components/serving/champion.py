"""The champion of a use case as a release, out of the registry and the metadata store."""

from __future__ import annotations

from components.contracts.errors import StoreError
from components.contracts.release import Release
from components.stores.registry import Registry
from components.stores.runs import Runs


def champion_release(runs: Runs, use_case: str) -> Release:
    """What is to serve a use case.

    Raises:
        StoreError: It has no champion yet.
    """
    champion = Registry(runs, use_case).champion()
    if champion is None:
        raise StoreError(f"{use_case} has no champion yet; train one: evergreen run {use_case}")
    known = runs.client.get_model_version(use_case, champion.number)
    made_by = runs.client.get_run(known.run_id).data.tags if known.run_id else {}
    return Release(
        use_case=use_case,
        version=champion.number,
        digest=champion.digest,
        address=champion.address,
        run=made_by.get("evergreen.run", ""),
        snapshot=known.tags.get("snapshot", ""),
    )
