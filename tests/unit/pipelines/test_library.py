"""Finding, changing and checking use cases."""

from __future__ import annotations

import pytest
import yaml

from components.contracts.errors import UseCaseError
from pipelines import library
from tests.builders import COLUMNS, sections


@pytest.fixture
def shop(tmp_path):
    """A use case in files of its own."""
    path = tmp_path / "shop.yaml"
    path.write_text(yaml.safe_dump(sections()))
    (tmp_path / "shop.schema.yaml").write_text(yaml.safe_dump({"columns": COLUMNS}))
    return path


@pytest.mark.parametrize("name", library.names())
def test_every_use_case_that_ships_is_sound(name):
    assert library.load(name).case.name == name


def test_a_use_case_is_found_by_its_file(shop):
    assert library.load(str(shop)).case.name == "shop"


def test_an_unknown_name_says_which_there_are():
    with pytest.raises(UseCaseError, match=r"there is no use case 'nobody'; there are .*flights"):
        library.load("nobody")


def test_a_missing_schema_says_how_to_make_one(shop):
    shop.with_suffix(".schema.yaml").unlink()

    with pytest.raises(UseCaseError, match="schema infer"):
        library.load(str(shop))


@pytest.mark.parametrize(
    ("change", "place", "value"),
    [
        ("training.seed=7", ("training", "seed"), 7),
        ("training.algorithms=[linear, forest]", ("training", "algorithms"), ("linear", "forest")),
        ("training.search=null", ("training", "search"), None),
        ("preparation.features.numeric=[size]", ("preparation", "features", "numeric"), ("size",)),
    ],
)
def test_a_change_replaces_one_value(shop, change, place, value):
    found = library.load(str(shop), [change]).case
    for name in place:
        found = getattr(found, name)

    assert found == value


@pytest.mark.parametrize("change", ["training.seed", "=7", "training..seed=7"])
def test_a_change_of_another_form_is_refused(shop, change):
    with pytest.raises(UseCaseError, match="is not of the form"):
        library.load(str(shop), [change])


def test_a_change_to_what_does_not_exist_is_refused(shop):
    with pytest.raises(UseCaseError, match=r"training.sead: there is no such field; did you mean seed?"):
        library.load(str(shop), ["training.sead=7"])


def test_arguments_hold_every_section_and_the_schema(shop):
    arguments = library.load(str(shop)).arguments()

    assert {"name", "table", "schema", "extraction", "validation"} <= arguments.keys()
    assert "description" not in arguments
