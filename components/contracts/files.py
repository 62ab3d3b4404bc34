"""Reading what people write: YAML into typed values, with every mistake named."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from components.contracts.errors import UseCaseError
from components.contracts.spec import Spec

S = TypeVar("S", bound=Spec)


def read_yaml(path: Path) -> Any:
    """The content of a YAML file.

    Raises:
        UseCaseError: It is not there or is not YAML.
    """
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UseCaseError(f"{path} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UseCaseError(f"{path} is not YAML: {error}") from error


def parse(kind: type[S], values: Any, where: str) -> S:
    """A typed section out of plain values.

    Raises:
        UseCaseError: With every value that is wrong and its place.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        lines = [
            f"  - {'.'.join(str(part) for part in problem['loc']) or 'the file'}: {_said(problem)}"
            for problem in error.errors()
        ]
        raise UseCaseError("\n".join([f"{where} is not a valid {kind.__name__}:", *lines])) from error


def _said(problem: Any) -> str:
    if problem["type"] != "extra_forbidden":
        return str(problem["msg"]).removeprefix("Value error, ")
    near = get_close_matches(str(problem["loc"][-1]), set(_fields(Spec)), n=1, cutoff=0.75)
    return "there is no such field" + (
        f"; did you mean {near[0]}?" if near else "; docs/usecase.md lists all"
    )


def _fields(kind: type[Spec]) -> Iterator[str]:
    for section in kind.__subclasses__():
        yield from section.model_fields
        yield from _fields(section)
