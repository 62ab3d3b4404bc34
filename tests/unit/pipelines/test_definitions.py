"""Use cases, schemas and views that must fit, and how it is told when they do not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from components.contracts.features import KeyedView, ViewSummary
from components.contracts.model import Input, ModelManifest
from components.contracts.sections import Lookup
from components.settings import Settings
from pipelines import definitions
from tests.builders import schema, use_case
from tests.features_repo import NOON, filled

COLUMNS = [
    {"name": "at", "type": "timestamp"},
    {"name": "id", "type": "int64"},
    {"name": "shop", "type": "string"},
    {"name": "size", "type": "float64"},
    {"name": "colour", "type": "string"},
    {"name": "sold", "type": "boolean", "environments": ["training"]},
]
LOOKED_UP = {"tables": {"sales": "sales.parquet"}, "features": [{"view": "sizes", "columns": ["size"]}]}
SIZES = ViewSummary(
    name="sizes",
    description="How large things are.",
    owner="shop",
    tags={"privacy": "public"},
    keys={"shop": "string"},
    columns={"size": "float64", "weight": "float64"},
    ttl=timedelta(hours=1),
    is_online=True,
    source="measurements",
)


def problems(**changes) -> list[str]:
    view = SIZES.model_copy(update=changes)
    return definitions.misfits(use_case(extraction=LOOKED_UP), schema(COLUMNS), {view.name: view})


def test_what_fits_is_no_problem():
    assert problems() == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"columns": {"weight": "float64"}}, "view sizes has no feature 'size'; it has weight"),
        ({"columns": {"size": "int64"}}, "feature 'size' is a int64, and the schema says float64"),
        ({"keys": {"town": "string"}}, "the schema has no column 'town', its key"),
        ({"keys": {"shop": "int64"}}, "key 'shop' is a int64, and the schema says string"),
        ({"keys": {"sold": "boolean"}}, "its key 'sold' does not exist at serving"),
        ({"description": ""}, "view sizes has no description"),
        ({"is_online": False}, "view sizes is not online"),
        ({"owner": ""}, "view sizes has no owner"),
        ({"tags": {}}, "view sizes has no tag 'privacy'"),
        ({"name": "weights"}, "there is no view 'sizes'; there are weights"),
    ],
)
def test_a_change_that_breaks_a_model_is_told(change, told):
    [problem] = problems(**change)

    assert told in problem


def test_every_problem_is_told_at_once():
    assert len(problems(owner="", columns={"size": "string"})) == 2


@pytest.mark.parametrize(
    ("held", "told"),
    [
        ({"shop": "string", "size": "double", "weight": "int32"}, []),
        ({"shop": "string", "weight": "double"}, ["view sizes: its source gives no column 'size'"]),
        (
            {"shop": "string", "size": "string", "weight": "double"},
            ["view sizes: column 'size' is a float64, and its source gives string"],
        ),
    ],
)
def test_a_source_is_held_to_what_its_view_promises(held, told):
    assert definitions.source_misfits(SIZES, held) == told


def test_a_use_case_without_features_needs_no_store(settings):
    assert not definitions.bring(use_case(), settings)
    assert not (settings.home / "features").exists()


def test_definitions_are_applied_when_they_changed(tmp_path):
    settings, _ = filled(tmp_path, [("JFK", NOON, 40.0, 5.0)])
    case = use_case(extraction=LOOKED_UP)
    first, again = definitions.bring(case, settings), definitions.bring(case, settings)
    with (tmp_path / "repository/views.py").open("a") as file:
        file.write("# changed\n")

    assert (first, again, definitions.bring(case, settings)) == (True, False, True)


def test_the_folder_may_be_named(tmp_path):
    assert Settings(features=str(tmp_path), _env_file=None).features_folder() == tmp_path


SERVES = ModelManifest(
    task="regression",
    label="y",
    inputs=(Input(name="size", type="float64", treatment="numeric"),),
    algorithm="linear",
    snapshot="",
    lookups=(KeyedView(lookup=Lookup(view="sizes", columns=("size",)), keys={"shop": "string"}),),
)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": "weights"}, "looks up sizes, and there is no such view online any more"),
        ({"is_online": False}, "looks up sizes, and there is no such view online any more"),
        ({"columns": {"weight": "float64"}}, "takes sizes.size, a float64, and it is gone now"),
        ({"columns": {"size": "int64"}}, "takes sizes.size, a float64, and it is int64 now"),
        ({"keys": {"store": "string"}}, "by shop (string), and its keys are store (string) now"),
    ],
)
def test_a_change_that_breaks_what_serves_is_told(change, told):
    view = SIZES.model_copy(update=change)

    [problem] = definitions.broken("version 3", SERVES, {view.name: view})

    assert told in problem


def test_a_view_that_grew_breaks_nothing():
    columns = {**SIZES.columns, "height": "float64"}

    assert (
        definitions.broken("version 3", SERVES, {"sizes": SIZES.model_copy(update={"columns": columns})})
        == []
    )
