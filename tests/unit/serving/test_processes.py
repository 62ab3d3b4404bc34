"""Processes that a later command finds again."""

import os
import socket
import subprocess
import sys

import psutil
import pytest

from components.contracts.errors import RolloutError
from components.serving import processes
from components.serving.processes import LOOPBACK, Process


@pytest.fixture
def sleeping():
    """A real process that does nothing."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield Process(pid=child.pid, created=psutil.Process(child.pid).create_time())
    child.kill()
    child.wait()


def test_a_process_is_known_again(sleeping):
    assert sleeping.alive
    assert Process.model_validate_json(sleeping.model_dump_json()).alive


def test_another_process_with_its_number_is_not_it(sleeping):
    assert not sleeping.model_copy(update={"created": sleeping.created - 60}).alive


def test_a_process_that_ended_is_not_alive_and_ending_it_is_no_error(sleeping):
    sleeping.end()

    assert not sleeping.alive
    sleeping.end()


def test_a_predictor_that_ends_before_it_is_ready_leaves_its_last_words(tmp_path, sleeping):
    log = tmp_path / "log.txt"
    log.write_text("of an earlier one\n")
    since = log.stat().st_size
    sleeping.end()
    log.write_text(
        "of an earlier one\nstarting\n" + '{"message": "cannot serve", "reason": "the model was altered"}\n'
    )

    with pytest.raises(RolloutError, match=r"^the model was altered$"):
        processes.wait_until(lambda: False, sleeping, log, since)


def test_the_preferred_port_is_taken_when_it_is_free():
    with socket.socket() as one:
        one.bind((LOOPBACK, 0))
        free = one.getsockname()[1]

    assert processes.port(free) == free


def test_another_port_is_taken_when_it_is_not():
    with socket.socket() as one:
        one.bind((LOOPBACK, 0))
        one.listen()

        taken = one.getsockname()[1]

        assert processes.port(taken) not in (taken, 0)


def test_this_process_is_alive():
    assert Process(pid=os.getpid(), created=psutil.Process().create_time()).alive
