"""Processes that are killed while they answer. What was answered is in the log, once."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from components.stores.frames import json_frame, schema_frame
from components.stores.holdings import Holding
from components.stores.journal import journal_files
from components.stores.shipping import Target, ship
from tests.predictions import SCHEMA, eventually, prediction, predictions, read, stored_ids

ROOT = Path(__file__).parents[3]


class Writer:
    """A process of `tests.writer`, and what it answered."""

    def __init__(self, folder: Path, prefix: str, durability: str = "process") -> None:
        self._told = folder / f"{prefix}.txt"
        words = [str(folder / "journal"), str(folder / "place"), prefix, durability]
        with self._told.open("w") as told:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.writer", *words], cwd=ROOT, stdout=told
            )

    def answered(self) -> list[str]:
        """The ids that were printed in full."""
        return self._told.read_text().rpartition("\n")[0].split()

    def kill(self) -> list[str]:
        """SIGKILL; what it answered."""
        self.process.kill()
        self.process.wait()
        return self.answered()


@pytest.fixture
def writing(tmp_path) -> Iterator[Callable[..., Writer]]:
    """Start writers; those that still live are killed in the end."""
    writers: list[Writer] = []

    def start(prefix: str, durability: str = "process") -> Writer:
        writers.append(Writer(tmp_path, prefix, durability))
        eventually(lambda: len(writers[-1].answered()) > 500, seconds=60)
        return writers[-1]

    yield start
    for writer in writers:
        writer.kill()


@contextmanager
def held_to(answered: list[str], place: Path) -> Iterator[None]:
    """Nothing of what was answered is lost, and nothing is read twice."""
    yield
    found = [row["id"] for row in read(place)]
    assert len(found) == len(set(found))
    assert set(answered) <= set(found)
    assert len(stored_ids(place)) == len(found)  # not even in the files


@pytest.mark.parametrize("durability", ["process", "second", "power"])
def test_a_process_that_is_killed_loses_nothing(writing, opened, tmp_path, durability):
    answered = writing("a", durability).kill()

    with held_to(answered, tmp_path / "place"):
        opened().close(60)


def test_a_process_that_is_killed_again_and_again_loses_nothing(writing, opened, tmp_path):
    answered = []
    for life in range(3):
        writer = writing(f"life{life}")
        time.sleep(0.05 * life)
        answered += writer.kill()

    with held_to(answered, tmp_path / "place"):
        opened().close(60)


def test_two_processes_share_a_folder_and_a_place(writing, opened, tmp_path):
    old, new = writing("old"), writing("new")
    answered = old.kill()
    folders = tmp_path / "journal" / "shop"
    eventually(lambda: len(list(folders.iterdir())) == 1)  # the new one shipped what the old one left
    assert set(answered) <= set(stored_ids(tmp_path / "place"))
    answered += new.kill()

    with held_to(answered, tmp_path / "place"):
        opened().close(60)


def test_what_a_living_process_writes_is_left_to_it(writing, opened):
    writer = writing("a")

    opened().close()

    assert writer.process.poll() is None


def test_a_restart_in_mid_upload_ships_again_over_what_is_there(opened, tmp_path, writing):
    answered = writing("a").kill()
    (left,) = Holding.left(tmp_path / "journal" / "shop")
    for path in journal_files(left.folder):
        ship(path, Target(str(tmp_path / "place"), "shop"))  # and dies before it removes the file
    left.release()

    with held_to(answered, tmp_path / "place"):
        opened().close(60)


def test_a_torn_tail_costs_only_what_was_not_answered(opened, tmp_path):
    left = tmp_path / "journal" / "shop" / "0123456789abcdef"
    left.mkdir(parents=True)
    answered = schema_frame(SCHEMA) + json_frame(predictions("a", 3))
    (left / "00000001.rows").write_bytes(answered + json_frame([prediction("torn")])[:-40])

    opened().close()

    assert stored_ids(tmp_path / "place") == ["a-0", "a-1", "a-2"]
    assert not left.exists()
