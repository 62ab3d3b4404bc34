"""Places and disks that do not take more."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from components.contracts.errors import StoreError
from components.stores.journal import Limits
from components.stores.predictions import PredictionLog
from components.stores.shipping import Pace
from tests.predictions import SCHEMA, batch, eventually, prediction, predictions, read, stored_ids

LARGE = Limits(bytes=10**9, seconds=9e9)


def fill(log: PredictionLog) -> list[str]:
    """Append until it is refused; what was answered."""
    answered: list[str] = []
    for number in count():
        rows = predictions(f"p{number}", 50)
        try:
            log.append(batch(rows))
        except StoreError as refusal:
            return answered if "cannot be written" in str(refusal) else []
        answered += [row["id"] for row in rows]
    raise AssertionError


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """The kernel refuses to let any file of this process grow beyond a size."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A disk of one megabyte."""
    if os.geteuid():
        pytest.skip("only root may mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.decode().strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_write_that_is_refused_half_way_leaves_whole_frames(opened, tmp_path):
    log = opened(limits=LARGE)
    with file_size_limit(100_000):
        answered = fill(log)
        log.append_rows([prediction("small")], SCHEMA)  # what still fits is still taken
    log.close()

    assert stored_ids(tmp_path / "place") == sorted([*answered, "small"])
    assert log.tally.damaged_bytes == 0


def test_a_full_disk_refuses_until_there_is_room(tmp_path, small_disk):
    log = PredictionLog(small_disk, str(tmp_path / "place"), "shop", limits=LARGE)
    answered = fill(log)
    log.close()
    assert stored_ids(tmp_path / "place") == sorted(answered)

    again = PredictionLog(small_disk, str(tmp_path / "place"), "shop", limits=LARGE)
    again.append_rows([prediction("later")], SCHEMA)
    again.close()
    assert "later" in stored_ids(tmp_path / "place")


def test_a_full_disk_drops_and_counts_where_that_is_the_policy(opened, tmp_path):
    log = opened(limits=LARGE, full_disk="drop")
    with file_size_limit(50_000):
        for number in range(50):
            log.append(batch(predictions(f"p{number}", 50)))
    log.close()

    assert log.tally.dropped_rows > 0
    assert log.tally.shipped_rows + log.tally.dropped_rows == 2_500
    assert len(read(tmp_path / "place")) == log.tally.shipped_rows


def test_a_backlog_has_an_end(opened, tmp_path):
    (tmp_path / "file").write_text("")
    log = opened(place=tmp_path / "file", limits=Limits(seconds=0.01, backlog=20_000))
    eventually(lambda: len(list((tmp_path / "journal" / "shop").iterdir())) == 1)
    log.append(batch(predictions("a", 300)))
    eventually(lambda: bool(log.tally.last_error))

    with pytest.raises(StoreError, match=r"bytes of predictions wait .* a part of the path is a file"):
        log.append_rows([prediction("b")], SCHEMA)
    assert log.tally.retries > 0


def test_a_place_that_comes_back_gets_everything(opened, tmp_path):
    place = tmp_path / "place"
    place.write_text("in the way")
    log = opened(limits=Limits(seconds=0.01))
    for row in predictions("a", 20):
        log.append_rows([row], SCHEMA)
    eventually(lambda: log.tally.retries >= 3)
    assert log.tally.pending_rows == 20
    place.unlink()

    eventually(lambda: log.tally.shipped_rows == 20)
    assert (log.tally.last_error, log.tally.pending_rows, log.tally.pending_bytes) == ("", 0, 0)
    assert len(read(place)) == 20


def test_waits_are_doubled_up_to_a_limit_and_half_of_them_is_chance():
    pace = Pace(first=1, longest=60)

    for failures, longest in ((1, 1), (2, 2), (4, 8), (7, 60), (5_000, 60)):
        waits = [pace.wait(failures) for _ in range(200)]
        assert longest / 2 <= min(waits) < max(waits) <= longest


@pytest.mark.parametrize("jump", [-1e9, 1e9])
def test_a_clock_that_jumps_loses_nothing(opened, tmp_path, jump):
    now = [1e9]
    log = opened(clock=lambda: now[0], limits=Limits(seconds=60))
    log.append_rows([prediction("a")], SCHEMA)
    now[0] += jump
    log.append_rows([prediction("b")], SCHEMA)
    log.close()

    assert stored_ids(tmp_path / "place") == ["a", "b"]


def test_a_log_is_not_shared_over_a_fork(opened):
    log = opened()
    child = os.fork()
    if child == 0:
        try:
            log.append_rows([prediction("a")], SCHEMA)
        except StoreError:
            os._exit(7)
        os._exit(0)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
