"""A replay's home is its own: the user's places are not named in it, and what is not a replay's is not emptied."""

from __future__ import annotations

import os
import signal

import pytest

from components.contracts.errors import UseCaseError
from components.settings import LogSettings, Settings
from pipelines.replaying.home import MARK, own

USERS = Settings(home="users", store="s3://users/store", data="data", _env_file=None)


def test_everything_is_kept_under_the_home(tmp_path):
    home = tmp_path / "replay"
    with own(home, USERS) as settings:
        places = [settings.store_uri(), settings.predictions_uri(), settings.alerts_place()]

        assert all(place.startswith(str(home)) for place in places)
        assert str(home) in settings.mlflow_uri()
        assert LogSettings().folder == home / "journal"


def test_the_environment_is_as_before_afterwards(tmp_path):
    before, handler = dict(os.environ), signal.getsignal(signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt), own(tmp_path / "replay", USERS):
        raise KeyboardInterrupt

    assert dict(os.environ) == before
    assert signal.getsignal(signal.SIGTERM) is handler


def test_what_an_earlier_replay_left_is_removed(tmp_path):
    (tmp_path / MARK).touch()
    (tmp_path / "mlflow.db").write_text("old")

    with own(tmp_path, USERS):
        assert [path.name for path in tmp_path.iterdir()] == [MARK]


def test_a_folder_that_no_replay_made_is_refused(tmp_path):
    (tmp_path / "mine.txt").touch()

    with pytest.raises(UseCaseError, match="no replay made it"), own(tmp_path, USERS):
        pass

    assert (tmp_path / "mine.txt").exists()


def test_a_second_replay_is_refused_and_takes_nothing_from_the_first(tmp_path):
    home = tmp_path / "replay"
    with own(home, USERS):
        (home / "mlflow.db").write_text("of the first")
        with pytest.raises(UseCaseError, match="a replay is at work in"), own(home, USERS):
            pass
        assert (home / "mlflow.db").read_text() == "of the first"

    with own(home, USERS):
        assert [path.name for path in home.iterdir()] == [MARK]
