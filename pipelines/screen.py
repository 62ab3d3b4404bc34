"""Where the commands show tables."""

from __future__ import annotations

from rich.console import Console


def wide(console: Console, width: int = 200) -> Console:
    """The terminal; in place of a file or a pipe one of that many columns: nobody wants ids cut off there."""
    return console if console.is_terminal else Console(width=width)
