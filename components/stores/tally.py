"""What the prediction log counts, for whoever exports it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Tally:
    """Plain numbers that any thread may read; they are added to under a lock."""

    appended_rows: int = 0
    """Kept on this machine since the process started."""
    sampled_out_rows: int = 0
    """Not kept because the sample leaves them out."""
    dropped_rows: int = 0
    """Not kept because the disk was full."""
    shipped_rows: int = 0
    """In the log's place, those that an earlier process left included."""
    damaged_bytes: int = 0
    """Cut off or altered on this machine; no answered prediction, unless the disk failed."""
    pending_rows: int = 0
    """Of this process, on this machine only."""
    pending_bytes: int = 0
    """On this machine only, what earlier processes left included."""
    retries: int = 0
    """How often the place could not be written."""
    last_shipped: datetime | None = None
    last_error: str = ""
    """Why the place could not be written when it was last tried; empty when it could."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def add(self, **amounts: int) -> None:
        """Add to some of the numbers."""
        with self._lock:
            for name, amount in amounts.items():
                setattr(self, name, getattr(self, name) + amount)

    def shipped(self, rows: int, now: datetime) -> None:
        """Rows have come to the log's place."""
        self.add(shipped_rows=rows)
        self.last_shipped = now

    def failed(self, reason: str) -> None:
        """An attempt failed."""
        self.add(retries=1)
        self.last_error = reason
