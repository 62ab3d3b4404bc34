"""The pipelines as they compile. `make golden` accepts a change; its diff is part of the review."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.compile import PIPELINES, compile_to

HERE = Path(__file__).parent


def golden_form(ir: dict[str, Any]) -> str:
    """The IR without what changes for other reasons: the SDK's version and the steps' embedded source."""
    ir.pop("sdkVersion")
    for executor in ir["deploymentSpec"]["executors"].values():
        executor["container"]["command"] = "…"
    return yaml.safe_dump(ir, sort_keys=True, allow_unicode=True)


@pytest.mark.parametrize("name", PIPELINES)
def test_pipeline_compiles_as_reviewed(name, tmp_path, request):
    path = compile_to(PIPELINES[name], tmp_path / f"{name}.yaml", {"steps": "steps"})
    compiled = golden_form(yaml.safe_load(path.read_text()))
    golden = HERE / f"{name}.yaml"
    if request.config.getoption("--update-golden"):
        golden.write_text(compiled)

    assert compiled == golden.read_text()


def test_compiling_twice_gives_the_same_bytes(tmp_path):
    one, other = (
        compile_to(PIPELINES["training"], tmp_path / f"{name}.yaml", {"steps": "steps"}).read_bytes()
        for name in "ab"
    )

    assert one == other
