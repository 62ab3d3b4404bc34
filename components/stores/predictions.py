"""The prediction log: every accepted prediction is on this machine's disk before it is answered, and in the log's place later."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from components.contracts.errors import StoreError
from components.contracts.prediction_logging import PredictionLogging
from components.settings import LogSettings, Settings
from components.stores.discretion import Discretion
from components.stores.frames import arrow_frame, json_frame
from components.stores.holdings import Holding
from components.stores.journal import Journal, Limits
from components.stores.shipping import Clock, Pace, Shipper, Target
from components.stores.tally import Tally

FullDisk = Literal["refuse", "drop"]


class PredictionLog:
    """The predictions of one use case, as one process answers them. Any thread may append.

    Several processes may share the folder and the place. One that forks makes a log in each child.
    """

    def __init__(
        self,
        folder: Path,
        place: str,
        use_case: str,
        *,
        keep: PredictionLogging | None = None,
        salt: str = "",
        full_disk: FullDisk = "refuse",
        limits: Limits | None = None,
        pace: Pace | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        """Open the log, and begin to ship what an earlier process left in the folder.

        Args:
            folder: On a disk of this machine that outlives the process.
            place: Where the log is: a folder, gs:// or s3:// address.
            use_case: Whose predictions.
            keep: Which predictions are kept, and which of their columns not in clear.
            salt: Key of the columns that are kept as a hash.
            full_disk: `refuse` raises, so that no prediction is answered that is not kept; `drop` counts.
            limits: When a write-ahead file is shipped, and what it outlives.
            pace: How often is shipped, and how long is waited for a place that does not answer.
            clock: Seconds that never go back.

        Raises:
            StoreError: The folder cannot be written.
            UseCaseError: A column is to be hashed and there is no salt.
        """
        self.tally = Tally()
        self._discretion = Discretion.of(keep or PredictionLogging(), salt)
        self._full_disk = full_disk
        self._limits = limits or Limits()
        self.waits_for_disk = self._limits.durability == "power"
        self._process = os.getpid()
        self._kept: tuple[pa.Schema | None, pa.Schema | None] = (None, None)
        holding = Holding.new(folder / use_case)
        self._journal = Journal(holding.folder, self._limits, clock)
        target = Target(place, use_case)
        self._shipper = Shipper(holding, self._journal, target, self.tally, pace or Pace(), clock)
        self._shipper.start()

    @classmethod
    def opened(
        cls, use_case: str, keep: PredictionLogging, settings: Settings, how: LogSettings
    ) -> PredictionLog:
        """The log of a use case where the settings say.

        Raises:
            StoreError: The folder cannot be written.
            UseCaseError: A column is to be hashed and there is no salt.
        """
        limits = Limits(
            bytes=round(how.segment_mb * 1e6),
            seconds=how.segment_seconds,
            backlog=round(how.backlog_mb * 1e6),
            durability=how.durability,
        )
        return cls(
            how.folder or settings.home / "journal",
            settings.predictions_uri(),
            use_case,
            keep=keep,
            salt=how.salt.get_secret_value(),
            full_disk=how.full_disk,
            limits=limits,
        )

    def append(self, rows: pa.RecordBatch) -> None:
        """Keep the accepted predictions of one request, whole or not at all.

        Args:
            rows: Columns as in `contracts.prediction.log_schema`.

        Raises:
            StoreError: They cannot be written, or too many wait already, and the policy is to refuse.
        """
        kept = self._discretion.batch(rows)
        self.tally.add(sampled_out_rows=rows.num_rows - kept.num_rows)
        if kept.num_rows:
            self._write(kept.schema, arrow_frame(kept), kept.num_rows)

    def append_rows(self, rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> None:
        """The same for rows as plain values: for few of them far cheaper than to make a batch first.

        Args:
            rows: Name to value; instants and dates as datetime and date, what is missing left out or None.
            schema: What `contracts.prediction.log_schema` gave; the same object each time.

        Raises:
            StoreError: As `append`.
            DataError: A value is of no type that can be logged.
        """
        kept = self._discretion.rows(rows)
        if len(kept) < len(rows):
            self.tally.add(sampled_out_rows=len(rows) - len(kept))
        if kept:
            self._write(self._kept_schema(schema), json_frame(kept), len(kept))

    def close(self, seconds: float = 10.0) -> None:
        """Ship what there is, for so many seconds at most; what is left stays on disk for the next process."""
        self._shipper.stop(seconds)

    def _kept_schema(self, schema: pa.Schema) -> pa.Schema:
        given, kept = self._kept
        if given is not schema:
            kept = self._discretion.schema(schema)
            self._kept = (schema, kept)
        return kept

    def _write(self, schema: pa.Schema, frame: bytes, rows: int) -> None:
        try:
            self._require_room()
            grown = self._journal.append(schema, frame)
        except StoreError:
            if self._full_disk == "refuse":
                raise
            self.tally.add(dropped_rows=rows)
            return
        self.tally.add(appended_rows=rows, pending_rows=rows, pending_bytes=grown)

    def _require_room(self) -> None:
        if os.getpid() != self._process:
            raise StoreError("this prediction log was opened by another process; open one after the fork")
        if self.tally.pending_bytes >= self._limits.backlog:
            raise StoreError(
                f"{self.tally.pending_bytes:,} bytes of predictions wait on this machine, as many as are allowed: "
                f"{self.tally.last_error or 'they come faster than they can be shipped'}"
            )
