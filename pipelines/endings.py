"""How a command ends that did not end well, and what is not said meanwhile."""

from __future__ import annotations

import logging
import re
import sys

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""


def was_interrupted(error: BaseException | None) -> bool:
    """Whether Ctrl-C is what an error began with: libraries that read call it a failure of theirs."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt) or re.search(
            "KeyboardInterrupt|Query interrupted", str(error)
        ):
            return True
        error = error.__cause__ or error.__context__
    return False


def keep_warnings_quiet() -> None:
    """What libraries warn their developers of is nothing to a user; PYTHONWARNINGS=default shows it.

    Some set filters of their own when they are imported, so that a filter here would not hold.
    """
    if sys.warnoptions:
        return
    logging.captureWarnings(True)
    quiet = logging.getLogger("py.warnings")
    quiet.addHandler(logging.NullHandler())
    quiet.propagate = False
