from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from components.contracts.errors import SourceError, UseCaseError
from components.contracts.schema import Column, TableSchema
from components.contracts.usecase import UseCase
from pipelines.drafting import draft, save, write_schema
from pipelines.drafting.text import comment, value
from tests.unit.drafting.conftest import COIN, NOW, OTHER, ROWS, days, frame

HOSTILE = ["yes", "null", "1e3", ": x", "it's", 'a"b', "# hash", "été ☀", "{raw}", "- dash", " lead", "[x]", "a, b",
           "2013-01-01", "~", "new\nline", "tab\t", "\x7f\x85", "&a", "*a", "!t", "%", "@", "`", "file_row_number"]  # fmt: skip


def test_names_survive_whatever_is_in_them(look_at_file):
    rows = pd.DataFrame({name: np.random.default_rng(i).normal(size=ROWS) for i, name in enumerate(HOSTILE)})

    case, drafted = look_at_file(rows.assign(target=COIN))

    assert set(case.preparation.features.names()) == set(HOSTILE)
    assert drafted.schema.names() == (*HOSTILE, "target")


def test_a_very_long_name_may_have_a_remark(look):
    case, drafted = look(frame(**{"n" * 140: np.where(np.arange(ROWS) % 7 == 0, np.nan, OTHER)}, target=COIN))

    assert "n" * 140 in case.preparation.features.numeric
    assert f"{'n' * 140}  # " in drafted.usecase_yaml


@given(st.text(min_size=1, alphabet=st.characters(exclude_categories=["Cs"])))
def test_a_value_is_read_as_it_was_written(text):
    assert yaml.safe_load(f"- {value(text)}  # remark\n") == [text]
    assert yaml.safe_load(f"names: [a, {value(text)}]\n") == {"names": ["a", text]}


@given(st.text())
def test_a_comment_is_nothing_but_a_comment(text):
    assert yaml.safe_load(comment(value(text)) + "a: 1\n") == {"a": 1}


def test_the_files_are_saved_with_what_an_editor_needs(look, tmp_path):
    _, drafted = look(frame(when=days(), city=np.where(OTHER > 0, "a", "b"), target=COIN))

    case_path, schema_path = save(drafted, "shop", tmp_path / "usecases")

    case, schema = UseCase.load(case_path), TableSchema.load(schema_path)
    case.check(schema)
    assert schema == drafted.schema
    for path in (case_path, schema_path):
        named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", path.read_text())
        assert named
        assert (path.parent / named[1]).exists()


def test_the_sections_are_in_the_order_of_the_model(look):
    _, drafted = look(frame(target=COIN))

    sections = list(yaml.safe_load(drafted.usecase_yaml))
    assert sections == [name for name in UseCase.model_fields if name in sections]


def test_the_same_rows_give_the_same_draft(look_at_file):
    rows = frame(when=days(), target=COIN)

    assert look_at_file(rows)[1] == look_at_file(rows.sample(frac=1, random_state=0))[1]


def test_a_replay_is_proposed_for_a_record(look):
    _, old = look(frame(when=days("2020-01-01"), target=COIN))
    _, new = look(frame(when=days("2022-11-20"), target=COIN))

    assert "# replay:\n  #   first: 2020-07-18\n  #   step: 1 month" in old.usecase_yaml
    assert "replay:" not in new.usecase_yaml


def test_the_address_is_relative_to_the_data_folder_where_it_lies_there(look_at_file, tmp_path):
    assert look_at_file(frame(target=COIN))[0].extraction.tables == {"shop": "rows.parquet"}

    elsewhere = draft("my-shop", tmp_path / "data" / "rows.parquet", root=str(tmp_path / "other"), now=NOW)
    assert f"my_shop: {value(str(tmp_path / 'data' / 'rows.parquet'))}" in elsewhere.usecase_yaml


@pytest.mark.parametrize("name", ["Shop", "1st", "a b", "a/b", "", "x" * 60])
def test_a_bad_name_is_refused(name, tmp_path):
    with pytest.raises(UseCaseError, match="cannot be a use case's name"):
        draft(name, tmp_path)


def test_a_taken_name_is_refused_before_the_rows_are_read(tmp_path):
    (tmp_path / "shop.yaml").touch()

    with pytest.raises(UseCaseError, match=r"shop\.yaml exists"):
        draft("shop", "nowhere.csv", folder=tmp_path)


def test_data_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(SourceError, match="no such file or folder"):
        draft("shop", tmp_path / "nowhere.csv")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "0 rows|no rows|empty"),
        ("a,b\n", "0 rows|no rows"),
        ("a\n" + "1\n2\n" * 20, "one column"),
        ("a,b\n1,2\n3,4\n", "2 rows"),
    ],
)
def test_a_file_without_enough_in_it_is_refused(tmp_path, text, message):
    (tmp_path / "rows.csv").write_text(text)

    with pytest.raises((UseCaseError, SourceError), match=message):
        draft("shop", tmp_path / "rows.csv")


def test_a_schema_that_is_written_anew_keeps_what_people_wrote(tmp_path):
    path = tmp_path / "shop.schema.yaml"
    path.write_text(
        "# Ours.\n# Two lines.\n\ncolumns:\n  - name: a\n    type: string\n    description: Why.\n"
    )

    write_schema(
        TableSchema(columns=(Column(name="a", type="int64", min=0, max=2.5), Column(name="b", type="date"))),
        path,
    )

    assert path.read_text() == (
        "# Ours.\n# Two lines.\n\ncolumns:\n  - name: a\n    type: int64\n    description: Why.\n    min: 0\n    max: 2.5\n\n"
        "  - name: b\n    type: date\n"
    )


def test_a_file_that_is_no_schema_is_not_overwritten(tmp_path):
    path = tmp_path / "shop.schema.yaml"
    path.write_text("columns: 3\n")

    with pytest.raises(UseCaseError):
        write_schema(TableSchema(columns=(Column(name="a", type="int64"),)), path)

    assert path.read_text() == "columns: 3\n"
