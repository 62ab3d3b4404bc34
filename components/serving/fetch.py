"""Bring a model into a pod, as KServe's storage initializer: `python3 -m components.serving.fetch ADDRESS FOLDER`.

KServe shows the last words of this process where a model does not come, and starts it again.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from components.contracts.errors import EvergreenError
from components.stores.objects import fetch


def main(words: Sequence[str]) -> int:
    """Copy each address into its folder, and return the process's exit code.

    Args:
        words: Address and folder in turn, as KServe gives them.
    """
    try:
        for address, folder in zip(words[::2], words[1::2], strict=True):
            fetch(address.rstrip("/"), Path(folder))
    except EvergreenError as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
