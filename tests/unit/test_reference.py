from __future__ import annotations

import json
import re

import pytest
import yaml

from components.contracts.schema import TableSchema
from components.contracts.usecase import UseCase
from pipelines import reference
from pipelines.reference_texts import EXAMPLE, SCHEMA_EXAMPLE


@pytest.mark.parametrize("path", reference.files(), ids=lambda path: path.name)
def test_the_generated_file_is_current(path):
    assert path.read_text(encoding="utf-8") == reference.files()[path], "run `python -m pipelines.reference`"


def test_the_examples_are_valid():
    UseCase.model_validate(yaml.safe_load(EXAMPLE))
    TableSchema.model_validate(yaml.safe_load(SCHEMA_EXAMPLE))


def test_every_field_is_explained():
    rows = [
        line.split(" | ") for line in reference.reference().splitlines() if re.match(r"\| `\w+` \|", line)
    ]

    assert [row[0] for row in rows if not row[-1].strip(" |")] == []


def test_every_field_of_a_use_case_is_listed():
    def fields(schema):
        for part in (schema, *schema["$defs"].values()):
            yield from part.get("properties", ())

    page = reference.reference()
    everything = {*fields(UseCase.model_json_schema()), *fields(TableSchema.model_json_schema())}
    assert [name for name in everything if f"| `{name}` |" not in page] == []


def test_an_editor_takes_a_plain_date_and_knows_the_metrics():
    schema = json.loads(reference.schema_text(UseCase))

    first = schema["$defs"]["Replay"]["properties"]["first"]
    assert re.search(first["pattern"], "2013-01-01")
    assert "format" not in first or first["format"] != "date-time"
    assert "roc_auc" in schema["$defs"]["Gate"]["properties"]["metric"]["enum"]
