"""`evergreen sign` and `evergreen verify`: signatures of models that are registered."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from components.contracts.errors import ModelError, UseCaseError
from components.settings import Settings
from pipelines import library

if TYPE_CHECKING:
    from components.stores.registry import Version

Name = Annotated[str, typer.Argument(help="A use case, by its name or the path of its file.")]
Number = Annotated[
    str, typer.Option("--version", help="A version in the registry; the champion when absent.")
]

console = Console(file=sys.stdout)


def register(app: typer.Typer) -> None:
    """Add the commands to `evergreen`."""
    for command in (sign, verify):
        app.command()(command)


def sign(use_case: Name, version: Number = "") -> None:
    """Sign a model with the key, or under the certificate, that the settings name; what it was signed with before is replaced."""
    from components.stores.signatures import Signer
    from components.stores.signatures import sign as put

    signer = Signer.of(Settings())
    if signer is None:
        raise UseCaseError("there is nothing to sign with; set EVERGREEN_SIGNING_KEY")
    found = _version(use_case, version)
    put(found.address, signer, again=True)
    _say(f"version {found.number} is signed with {signer.certificate or signer.key}")


def verify(
    use_case: Name,
    version: Number = "",
    public_key: Annotated[Path | None, typer.Option(help="PEM file of the key that signed.")] = None,
    roots: Annotated[
        Path | None, typer.Option(help="PEM file of the root certificates that the signer's must lead to.")
    ] = None,
) -> None:
    """Say whether a predictor that trusts this key, or these roots, would serve a model; exit code 1 when it would not."""
    from components.stores.folders import read_folder
    from components.stores.signatures import Trust, require_signed

    if public_key is None and roots is None:
        raise UseCaseError("whom to trust? Give --public-key or --roots")
    found = _version(use_case, version)
    _, contents = read_folder(found.address)
    require_signed(contents, Trust(public_key, roots), found.address)
    _say(f"the signature of version {found.number} holds")


def _version(use_case: str, number: str) -> Version:
    from components.stores.registry import Registry
    from components.stores.runs import Runs

    name = library.load(use_case).case.name
    registry = Registry(Runs(Settings()), name)
    found = registry.version(number) if number else registry.champion()
    if found is None:
        raise ModelError(f"{name} has no champion; name a --version, or train one: `evergreen run {name}`")
    return found


def _say(line: str) -> None:
    console.print(line, highlight=False, soft_wrap=True)
