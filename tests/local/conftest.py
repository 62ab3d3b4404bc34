"""A place of its own to train in, and the command that a user types."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from components.contracts.reports import RunSummary, StepRecord
from components.settings import Settings

EVERGREEN = Path(sys.executable).with_name("evergreen")


@dataclass(frozen=True)
class Workplace:
    """Stores, data and compiled pipelines under one folder."""

    folder: Path
    serving: str = "none"

    @property
    def settings(self) -> Settings:
        """Where things are kept here."""
        return Settings(home=self.folder / "home", data=str(self.folder / "data"), _env_file=None)

    def environment(self) -> dict[str, str]:
        """The environment of a command here."""
        return {
            **os.environ,
            "EVERGREEN_HOME": str(self.folder / "home"),
            "EVERGREEN_DATA": str(self.folder / "data"),
            # A server would outlive the test; those about serving say so, and end theirs.
            "EVERGREEN_SERVING": self.serving,
            "COLUMNS": "200",
        }

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`evergreen WORDS`, to its end."""
        return subprocess.run(
            [EVERGREEN, *words],
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def history(self, use_case: str) -> tuple[RunSummary, ...]:
        """The runs here, latest first."""
        from pipelines.start import history_of

        return history_of(use_case, self.settings)

    def steps(self, run: RunSummary) -> tuple[StepRecord, ...]:
        """The steps that were not reused in a run."""
        from components.stores.steps import steps_of

        return steps_of(self.settings.store_uri(), run.run)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory) -> Workplace:
    """One for all tests of a module: they tell one story, in order."""
    return Workplace(tmp_path_factory.mktemp("workplace"))


@pytest.fixture
def new_workplace(tmp_path) -> Workplace:
    """One for a single test."""
    return Workplace(tmp_path)


@pytest.fixture(scope="module")
def ran(workplace) -> Callable[..., tuple[str, RunSummary, set[str]]]:
    """Run a use case: what was printed, the run, and the names of the steps that were not reused."""

    def run(use_case: str, *words: str):
        done = workplace.call("run", use_case, *words)
        latest = workplace.history(use_case)[0]
        return done.stdout + done.stderr, latest, {step.step for step in workplace.steps(latest)}

    return run
