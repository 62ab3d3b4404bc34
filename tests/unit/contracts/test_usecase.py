"""What a use-case file may say, and what it is told when it is wrong."""

from __future__ import annotations

import pytest
import yaml
from pydantic import ValidationError

from components.contracts.errors import UseCaseError
from components.contracts.usecase import UseCase
from tests.builders import COLUMNS, schema, sections, use_case


def test_a_use_case_survives_as_pipeline_arguments():
    case = use_case()

    assert UseCase.model_validate(case.arguments()) == case


def test_arguments_hold_no_nulls():
    def nulls(value):
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return value is None or any(nulls(part) for part in inner)

    assert not nulls(use_case().arguments())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"colour": "red"}, "colour: there is no such field; docs/usecase.md lists all"),
        ({"name": "My Shop"}, "name: String should match pattern"),
        (
            {"validation": {"gates": [{"metric": "rmse", "bound": 1}]}},
            "no classification metric is named rmse",
        ),
        ({"validation": {"gates": [{"metric": "roc_auc"}]}}, "the gate on roc_auc demands nothing"),
        (
            {"evaluation": {"metrics": ["log_loss"]}},
            "gates on metrics that evaluation.metrics does not measure: roc_auc",
        ),
        ({"preparation": {"features": {"numeric": ["sold"]}}}, "sold is only known after the outcome"),
        ({"preparation": {"features": {}}}, "name at least one feature"),
        (
            {"extraction": {"tables": {"a": "a.csv", "b": "b.csv"}}},
            "a query is needed to make one table of a, b",
        ),
        ({"extraction": {"tables": {"a": "a.csv"}, "connection": "duckdb://x"}}, "one of the two"),
        ({"extraction": {"tables": {"a": "a.csv"}, "window": {"length": "soon"}}}, "'soon' is not a period"),
        (
            {
                "table": {"task": "classification", "label": "sold"},
                "preparation": {"features": {"numeric": ["size"]}, "split": {"by": "time"}},
            },
            "a split by time needs table.event_time",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path, changes, message):
    path = tmp_path / "shop.yaml"
    path.write_text(yaml.safe_dump(sections(**changes)))

    with pytest.raises(UseCaseError, match=r"shop\.yaml is not a valid UseCase") as caught:
        UseCase.load(path)

    assert message in str(caught.value)


def test_all_mistakes_are_named_at_once(tmp_path):
    path = tmp_path / "shop.yaml"
    path.write_text(yaml.safe_dump(sections(name="My Shop", colour="red")))

    with pytest.raises(UseCaseError) as caught:
        UseCase.load(path)

    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("content", "message"), [(None, "cannot be read"), ("a: [", "is not YAML"), ("", "the file")]
)
def test_a_file_that_is_no_use_case_is_refused(tmp_path, content, message):
    path = tmp_path / "shop.yaml"
    if content is not None:
        path.write_text(content)

    with pytest.raises(UseCaseError, match=message):
        UseCase.load(path)


@pytest.mark.parametrize(
    ("column", "kind", "message"),
    [
        ("sold", None, "table.label names 'sold', which the schema does not have"),
        ("at", "string", "table.event_time is 'at', a string; it must be a timestamp or a date"),
        ("size", "string", "preparation.features.numeric names 'size', a string"),
    ],
)
def test_a_schema_that_does_not_fit_is_refused(column, kind, message):
    columns = [
        {**entry, "type": kind} if entry["name"] == column else entry
        for entry in COLUMNS
        if kind is not None or entry["name"] != column
    ]

    with pytest.raises(UseCaseError) as caught:
        use_case().check(schema(columns))

    assert message in str(caught.value)


def test_a_fitting_schema_is_accepted():
    use_case().check(schema())


LOOKED_UP = {"tables": {"sales": "sales.parquet"}, "features": [{"view": "sizes", "columns": ["size"]}]}


def test_features_are_looked_up_as_of_an_event_time():
    table = {"task": "classification", "label": "sold", "key": ["id"]}

    with pytest.raises(ValidationError, match=r"looked up as of table.event_time; name it"):
        use_case(table=table, extraction=LOOKED_UP)


@pytest.mark.parametrize(
    ("lookups", "told"),
    [
        (
            [{"view": "sizes", "columns": ["size"]}, {"view": "others", "columns": ["size"]}],
            "looked up more than once: size",
        ),
        ([{"view": "sizes", "columns": ["size"], "defaults": {"weight": 0}}], "not looked up: weight"),
    ],
)
def test_lookups_that_contradict_themselves_are_refused(lookups, told):
    with pytest.raises(ValidationError, match=told):
        use_case(extraction=LOOKED_UP | {"features": lookups})


def test_a_column_that_is_looked_up_is_in_the_schema():
    case = use_case(extraction=LOOKED_UP | {"features": [{"view": "sizes", "columns": ["weight"]}]})

    with pytest.raises(
        UseCaseError, match=r"extraction.features names 'weight', which the schema does not have"
    ):
        case.check(schema())


def test_a_mask_on_a_column_that_there_is_not_is_refused():
    masked = use_case(serving={"log": {"mask": {"name": "drop"}}})

    with pytest.raises(
        UseCaseError, match=r"serving\.log\.mask names 'name', which the schema does not have"
    ):
        masked.check(schema())
