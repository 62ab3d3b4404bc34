"""What a long run shows while it goes on: the step, how long it takes, and its latest line."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status
from rich.text import Text

from pipelines.local import Listener

_KFP = re.compile(r"[\[{}\]\"]|\d\d:\d\d:\d\d|-{20}|Got executor_input")
"""How lines begin that KFP prints about a step, not the step itself."""


class _Progress:
    def __init__(self, console: Console, status: Status, steps: Sequence[str]) -> None:
        self._console = console
        self._status = status
        self._steps = steps
        self._step = ""
        self._since = 0.0

    def __call__(self, kind: str, text: str) -> None:
        if kind == "step":
            self.finish()
            self._step, self._since = text, time.monotonic()
            self._show()
        elif not _KFP.match(text):
            self._show(text)

    def finish(self) -> None:
        """Say how long the step took that just ended."""
        if self._step:
            self._console.print(Text(f"  {self._step:<10} {time.monotonic() - self._since:6.1f} s", "dim"))
        self._step = ""

    def _show(self, line: str = "") -> None:
        place = self._steps.index(self._step) + 1 if self._step in self._steps else "?"
        self._status.update(
            Text.assemble((f"{place}/{len(self._steps)} {self._step} ", "bold"), (line, "dim"))
        )


@contextmanager
def shown(console: Console, steps: Sequence[str]) -> Iterator[Listener]:
    """A listener that shows progress on a console; plain lines where that is not a terminal.

    Args:
        console: Where to show it.
        steps: The names of all steps, in order.
    """
    with console.status("Starting") as status:
        progress = _Progress(console, status, steps)
        yield progress
        progress.finish()
