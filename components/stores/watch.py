"""What monitoring found, kept by use case and by the end of the window: reports and the page.

A folder is `<store>/monitoring/<use case>/<end>/`; a run of the same window writes the same names again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from components.contracts.monitoring import CollectionReport, PerformanceReport
from components.stores import objects

PERFORMANCE, COLLECTION = "performance.json", "collection.json"
_END = "%Y-%m-%dT%H%M%S"


def folder(store: str, use_case: str, end: datetime) -> str:
    """Address of what was found about the window that ends so."""
    return f"{store}/monitoring/{use_case}/{end.astimezone(UTC):{_END}}"


def ends(store: str, use_case: str) -> tuple[datetime, ...]:
    """When the windows ended that something was found about, earliest first.

    Raises:
        StoreError: The store cannot be read.
    """
    return tuple(datetime.strptime(end, _END).replace(tzinfo=UTC) for end in _folders(store, use_case))


def _folders(store: str, use_case: str) -> list[str]:
    names = objects.names(f"{store}/monitoring/{use_case}")
    return sorted({name.partition("/")[0] for name in names if name.endswith(f"/{PERFORMANCE}")})


def keep(store: str, use_case: str, end: datetime, files: Mapping[str, str]) -> None:
    """Keep texts by their names.

    Raises:
        StoreError: The store cannot be written.
    """
    for name, text in files.items():
        objects.write_bytes(f"{folder(store, use_case, end)}/{name}", text.encode())


def past(
    store: str, use_case: str, before: datetime, most: int
) -> tuple[tuple[CollectionReport, PerformanceReport], ...]:
    """What was found about the windows that ended before an instant, earliest first.

    Args:
        store: Address of the store.
        use_case: Whose windows.
        before: Only windows that ended before.
        most: The latest so many of them.
    """
    root = f"{store}/monitoring/{use_case}"
    earlier = [end for end in _folders(store, use_case) if end < f"{before.astimezone(UTC):{_END}}"][-most:]
    return tuple(
        (
            CollectionReport.model_validate_json(objects.read_bytes(f"{root}/{end}/{COLLECTION}")),
            PerformanceReport.model_validate_json(objects.read_bytes(f"{root}/{end}/{PERFORMANCE}")),
        )
        for end in earlier
    )
