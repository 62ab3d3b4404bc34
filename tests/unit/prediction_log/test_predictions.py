"""The prediction log, from appending to reading."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from components.contracts.errors import StoreError
from components.contracts.prediction_logging import PredictionLogging
from components.settings import LogSettings
from components.stores.frames import json_frame
from components.stores.journal import Journal, Limits
from components.stores.predictions import PredictionLog
from tests.predictions import NINE, SCHEMA, batch, eventually, prediction, predictions, read, stored_ids

SMALL = Limits(bytes=5_000, seconds=0.05)


def test_what_was_appended_is_read(opened, tmp_path):
    log = opened()
    log.append_rows([prediction("a")], SCHEMA)
    log.append(batch([prediction("b")]))
    log.close()

    assert read(tmp_path / "place") == [prediction("a"), prediction("b")]
    assert (log.tally.shipped_rows, log.tally.pending_rows, log.tally.pending_bytes) == (2, 0, 0)
    assert log.tally.last_shipped is not None


def test_it_is_on_this_machine_when_append_returns(opened, tmp_path):
    opened().append_rows([prediction("a")], SCHEMA)
    (file,) = (tmp_path / "journal").rglob("*.rows")

    assert b'"id":"a"' in file.read_bytes()


def test_it_lies_in_the_hour_it_happened(opened, tmp_path):
    log = opened()
    log.append_rows([prediction("a"), prediction("b", NINE + timedelta(hours=2))], SCHEMA)
    log.close()

    folders = sorted(path.parent.name for path in (tmp_path / "place" / "shop").rglob("*.parquet"))
    assert folders == ["hour=2013-03-01T09", "hour=2013-03-01T11"]


@pytest.mark.parametrize("limits", [SMALL, Limits(bytes=5_000, seconds=9e9), Limits(seconds=0.05)])
def test_files_are_shipped_when_they_are_large_or_old(opened, tmp_path, limits):
    log = opened(limits=limits)
    for row in predictions("a", 50):
        log.append_rows([row], SCHEMA)

    eventually(lambda: log.tally.shipped_rows >= 30)


def test_nothing_is_left_on_this_machine_after_a_quiet_close(opened, tmp_path):
    log = opened()
    log.append_rows([prediction("a")], SCHEMA)
    log.close()

    assert list((tmp_path / "journal" / "shop").iterdir()) == []


def test_a_closed_log_takes_no_more(opened):
    log = opened()
    log.close()

    with pytest.raises(StoreError, match="the prediction log is closed"):
        log.append_rows([prediction("a")], SCHEMA)


@pytest.mark.parametrize("durability", ["process", "second", "power"])
def test_threads_append_at_once(opened, tmp_path, durability):
    log = opened(limits=Limits(bytes=20_000, seconds=0.05, durability=durability))

    def append(name: int) -> None:
        for row in predictions(f"t{name}", 100):
            log.append_rows([row], SCHEMA)

    threads = [threading.Thread(target=append, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()

    assert stored_ids(tmp_path / "place") == sorted(f"t{name}-{n}" for name in range(8) for n in range(100))


def test_a_file_is_not_shipped_before_it_is_finished_however_fast_they_follow(tmp_path):
    journal, seen = Journal(tmp_path, Limits(bytes=1_500)), {}
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            for path in journal.finished():
                seen.setdefault(path, path.stat().st_size)

    looking = threading.Thread(target=look)
    looking.start()
    for number in range(3_000):
        journal.append(SCHEMA, json_frame([prediction(f"p{number}")]))
    done.set()
    looking.join()
    journal.close()

    assert len(seen) > 10
    assert {path for path, size in seen.items() if path.stat().st_size != size} == set()


def test_two_models_that_answer_in_turn_share_few_files(opened, tmp_path):
    log, other = opened(), SCHEMA.remove(SCHEMA.get_field_index("inputs.colour"))
    for row in predictions("a", 50):
        log.append_rows([row], SCHEMA)
        without = {name: value for name, value in row.items() if name != "inputs.colour"}
        log.append_rows([{**without, "id": f"other-{row['id']}"}], other)
    log.close()

    assert len(list((tmp_path / "place").rglob("*.parquet"))) == 2
    assert {row["inputs.colour"] for row in read(tmp_path / "place")} == {"red", None}


def test_settings_and_the_use_case_decide(settings, tmp_path):
    keep = PredictionLogging(mask={"shop": "hash"}, sample=0.0)
    how = LogSettings(salt="pepper", _env_file=None)
    log = PredictionLog.opened("shop", keep, settings, how)
    log.append_rows([prediction("a")], SCHEMA)
    log.close()

    assert (log.tally.sampled_out_rows, log.tally.appended_rows) == (1, 0)
    assert (settings.home / "journal" / "shop").exists()
    assert settings.predictions_uri() == f"{settings.store_uri()}/predictions"


def test_a_row_that_does_not_fit_is_set_aside_and_the_others_are_shipped(opened, tmp_path):
    log = opened()
    log.append_rows([prediction("odd", **{"inputs.size": "large"})], SCHEMA)
    log.append_rows([prediction("a")], SCHEMA)
    log.close()

    assert stored_ids(tmp_path / "place") == ["a"]
    assert [b"odd" in file.read_bytes() for file in (tmp_path / "journal").rglob("*.damaged")] == [True]
    assert log.tally.damaged_bytes > 0


def test_a_row_without_an_event_time_is_set_aside_alone(opened, tmp_path):
    log = opened()
    log.append_rows([prediction("never", event_time=None)], SCHEMA)
    log.append_rows([prediction("a")], SCHEMA)
    log.close()

    assert stored_ids(tmp_path / "place") == ["a"]
    assert [b"never" in file.read_bytes() for file in (tmp_path / "journal").rglob("*.damaged")] == [True]
