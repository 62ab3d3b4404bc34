"""What every step promises."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest
import yaml

import components
from components.catalog import STEPS, TRAINING
from components.step import STEPS_IMAGE
from pipelines.compile import PIPELINES, compile_to, images

ROOT = Path(components.__file__).parent
PURE = [
    path
    for package in (
        "contracts",
        "extraction",
        "analysis",
        "preparation",
        "training",
        "evaluation",
        "validation",
        "prediction",
        "materialization",
        "features",
        "monitoring",
        "triggering",
    )
    for path in sorted((ROOT / package).glob("*.py"))
    if path.name != "component.py"
]
FORBIDDEN = {"kfp", "mlflow", "kubernetes", "typer", "os"}

ORDER = [step.name for step in STEPS]

each_step = pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
each_module = pytest.mark.parametrize("path", PURE, ids=lambda path: f"{path.parent.name}/{path.name}")


def body(step) -> list[ast.stmt]:
    (function,) = ast.parse(inspect.getsource(step.python_func)).body
    return [part for part in function.body if not isinstance(part, ast.Import | ast.ImportFrom)][1:]


@each_step
def test_runs_from_the_image_alone(step):
    container = step.component_spec.implementation.container

    assert container.image == STEPS_IMAGE
    assert not any("pip install" in part for part in container.command)


@each_step
def test_runs_in_a_process_that_tells_expected_failures(step):
    (program,) = [
        part for part in step.component_spec.implementation.container.command if "executor_main" in part
    ]

    assert "-m components.process kfp.dsl.executor_main" in program


@each_step
def test_documents_its_interface(step):
    spec = step.component_spec
    slots = {**(spec.inputs or {}), **(spec.outputs or {})}

    assert spec.description
    assert [name for name, slot in slots.items() if not slot.description] == []


@each_step
def test_body_only_translates(step):
    found = {type(part) for statement in body(step) for part in ast.walk(statement)}

    assert not found & {ast.For, ast.While, ast.Try, ast.If, ast.With}
    assert len(body(step)) <= 10


@each_module
def test_logic_knows_no_orchestrator_and_no_environment(path):
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
        )
    }

    assert not imported & FORBIDDEN


def tasks_in_order(ir: dict, dag: dict) -> list[str]:
    """The steps of a pipeline as they may run; of those that may run at once, the catalogue's first."""
    tasks, ready = dag["tasks"], []
    while len(ready) < len(tasks):
        ready += sorted(
            (
                name
                for name, task in tasks.items()
                if name not in ready and set(task.get("dependentTasks", [])) <= set(ready)
            ),
            key=lambda name: ORDER.index(name) if name in ORDER else -1,
        )[:1]
    inner = {name: ir["components"][tasks[name]["componentRef"]["name"]].get("dag") for name in ready}
    return [step for name in ready for step in (tasks_in_order(ir, inner[name]) if inner[name] else [name])]


@pytest.fixture(scope="module", params=PIPELINES)
def compiled(request, tmp_path_factory) -> dict:
    """Each pipeline's IR."""
    path = tmp_path_factory.mktemp("ir") / f"{request.param}.yaml"
    return yaml.safe_load(compile_to(PIPELINES[request.param], path, images()).read_text())


def test_pipeline_runs_catalogued_steps_in_the_order_of_the_catalogue(compiled):
    found = tasks_in_order(compiled, compiled["root"]["dag"])

    assert found == [name for name in ORDER if name in found]


def test_the_training_pipeline_runs_all_its_steps(tmp_path):
    ir = yaml.safe_load(compile_to(PIPELINES["training"], tmp_path / "training.yaml", images()).read_text())

    assert tasks_in_order(ir, ir["root"]["dag"]) == [step.name for step in TRAINING]


def test_readme_lists_the_steps_in_order():
    text = (ROOT / "README.md").read_text()
    table = text.partition("| step |")[2].partition("\n\n")[0]
    rows = [line.split("`")[1] for line in table.splitlines() if line.startswith("| `")]

    assert rows == [step.name for step in STEPS]
