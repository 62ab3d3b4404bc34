"""What makes a model what it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import components
from components.stores.models import lock_digest


def lineage(snapshot: str, code: str, lock: str, sections: Mapping[str, Any]) -> str:
    """Digest of everything that decides the model: the same lineage gives the same model.

    Args:
        snapshot: Digest of the rows.
        code: Digest of the code of the steps.
        lock: Digest of the libraries.
        sections: The sections of the use case that the model depends on.
    """
    facts = {"snapshot": snapshot, "code": code, "lock": lock, "sections": sections}
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def model_lineage(snapshot: str, sections: Mapping[str, Any]) -> str:
    """The lineage of a model that this installation makes of a snapshot.

    Args:
        snapshot: Address of the snapshot.
        sections: The sections of the use case that the model depends on.
    """
    code = source_digest(Path(components.__file__).parent)
    return lineage(snapshot.rpartition("/")[2], code, lock_digest(), sections)


def source_digest(package: Path) -> str:
    """Digest of a package's files: the same in a work tree and in an image."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*")):
        if path.suffix in (".py", ".html", ".css") and path.is_file():
            digest.update(f"{path.relative_to(package).as_posix()}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
