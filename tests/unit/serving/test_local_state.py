"""What is known of the predictors of this machine."""

from datetime import UTC, datetime

import pytest

from components.contracts.errors import StoreError
from components.contracts.release import Deployment, Release
from components.serving.local_state import ServerState, ServerStates
from components.serving.processes import Process

RELEASE = Release(use_case="shop", version="1", digest="d", address="/d", run="r", snapshot="s")
DOWN = ServerState(
    port=8080,
    deployment=Deployment(
        release=RELEASE, since=datetime(2013, 3, 1, tzinfo=UTC), endpoint="http://127.0.0.1:8080"
    ),
    made_of="m",
    process=None,
)


@pytest.fixture
def states(tmp_path) -> ServerStates:
    return ServerStates(tmp_path / "serving")


def test_nothing_is_known_at_first(states):
    assert states.read("shop") is None
    assert states.names() == ()


def test_what_was_written_is_known(states):
    states.write(DOWN)

    assert states.read("shop") == DOWN
    assert states.names() == ("shop",)


def test_a_server_runs_while_its_process_does(states):
    gone = Process(pid=2**22 - 1, created=0.0)

    assert not DOWN.runs
    assert not DOWN.model_copy(update={"process": gone}).runs


def test_a_file_that_is_broken_is_named_with_what_to_do(states, tmp_path):
    states.write(DOWN)
    (tmp_path / "serving" / "shop" / "server.json").write_text("{")

    with pytest.raises(
        StoreError, match=r"server\.json cannot be read; remove it and run `evergreen serve up shop`"
    ):
        states.read("shop")
