"""Programs of other projects that ours is measured beside, each in an environment of its own: their pins are not ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

WANTED = {
    "evidently": ("evidently==0.7.23", "pandas<3", "pyarrow"),
    "nannyml": (
        "nannyml==0.13.1",
        "statsmodels",
        "pyarrow",
    ),  # it imports statsmodels and does not declare it
}
ROOT = Path(__file__).parent.parent


def environment(name: str) -> str | None:
    """The Python of a project's environment, made by uv when it is not there; None where it cannot be had.

    It is kept in `BENCH_ENVIRONMENTS`, else in the folder for temporary files.
    """
    place = Path(os.environ.get("BENCH_ENVIRONMENTS", Path(tempfile.gettempdir()) / "evergreen-bench")) / name
    python, uv = place / "bin" / "python", str(Path(sys.executable).with_name("uv"))
    if python.exists():
        return str(python)
    try:
        for words in (
            ["venv", "--quiet", str(place)],
            ["pip", "install", "--quiet", "--python", str(python), *WANTED[name]],
        ):
            subprocess.run([uv, *words], check=True, capture_output=True, timeout=900)  # noqa: S603
    except (subprocess.SubprocessError, OSError) as error:
        reason = getattr(error, "stderr", None) or str(error).encode()
        print(f"{name} is left out: {reason.decode().strip()[-300:]}", file=sys.stderr)
        return None
    return str(python)


def run(python: str, module: str, *words: object) -> dict[str, float] | None:
    """`python -m MODULE --contestant WORDS`, and the figures on its last line; None where it failed."""
    command = [python, "-m", module, "--contestant", *map(str, words)]
    quiet = {**os.environ, "PYTHONWARNINGS": "ignore", "NML_DISABLE_USAGE_LOGGING": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=quiet)  # noqa: S603
    if done.returncode:
        print(done.stderr[-600:], file=sys.stderr)
        return None
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found
