"""What all tests share."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from components.settings import Settings


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="accept what compiles now as golden")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Stores of their own for a test, on this machine."""
    return Settings(home=tmp_path / "home", data=str(tmp_path / "data"), _env_file=None)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory) -> Path:
    """A metadata store with its tables and nothing in them; making the tables takes MLflow seconds."""
    from components.stores.runs import Runs

    home = tmp_path_factory.mktemp("database")
    Runs(Settings(home=home, _env_file=None))
    return home / "mlflow.db"


@pytest.fixture
def runs(settings, empty_database):
    """A metadata store of its own for a test."""
    from components.stores.runs import Runs

    settings.home.mkdir()
    shutil.copy(empty_database, settings.home / "mlflow.db")
    return Runs(settings)


@pytest.fixture
def postgres() -> str:
    """The Ibis address of a PostgreSQL database that may be written to."""
    address = os.environ.get("EVERGREEN_TEST_POSTGRES")
    if not address:
        pytest.skip("EVERGREEN_TEST_POSTGRES names no database")
    return address
