from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from components.analysis.rows import as_text, frugally, type_of


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (True, "boolean", "true"),
        (-0.0, "float64", "0.0"),
        (1, "float64", "1.0"),
        (1.0, "int64", "1"),
        (2**60 + 1, "int64", "1152921504606846977"),
        ("<b>", "string", "<b>"),
        (date(2013, 1, 2), "date", "2013-01-02"),
        (datetime(2013, 1, 2, 3, tzinfo=UTC), "timestamp", "2013-01-02T03:00:00Z"),
    ],
)
def test_a_value_has_one_text(value, kind, text):
    assert as_text(value, kind) == text


@pytest.mark.parametrize("kind", ["int64", "float64", "string", "boolean", "timestamp", "date"])
def test_types_have_the_words_of_a_schema(table, kind):
    assert type_of(table(a=(kind, [None])).a) == kind


def test_the_engine_gets_its_memory_back(table):
    rows = table(a=("int64", [1]))
    asked = "SELECT current_setting('memory_limit'), current_setting('threads')"
    before = rows.get_backend().raw_sql(asked).fetchone()
    with frugally(rows):
        within = rows.get_backend().raw_sql(asked).fetchone()

    assert rows.get_backend().raw_sql(asked).fetchone() == before != within
