from __future__ import annotations

import re
from html.parser import HTMLParser

from components.analysis.examination import examine
from components.analysis.page import render
from components.contracts.schema import TableSchema
from components.contracts.sections import Analysis, Table

TABLE = Table(task="classification", label="sold")


class Text(HTMLParser):
    """The text that a reader sees, and the tags that are there."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.tags = "", []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.text += data


def page(rows, columns, before=None) -> str:
    schema = TableSchema.model_validate({"columns": columns})
    reference = None if before is None else examine(before, "s0", TABLE, schema, Analysis())[0]
    statistics, report = examine(rows, "s1", TABLE, schema, Analysis(), reference)
    return render(statistics, report, schema, reference)


def shop(table, sizes):
    return table(size=("float64", sizes), sold=("boolean", [True, False] * (len(sizes) // 2)))


COLUMNS = [{"name": "size", "type": "float64", "max": 90}, {"name": "sold", "type": "boolean"}]


def test_errors_are_the_first_thing_to_read(table):
    text = Text(page(shop(table, [float(size) for size in range(100)]), COLUMNS)).text

    assert text.index("may not be trained on") < text.index("1error") < text.index("must be at most 90")
    assert text.index("must be at most 90") < text.index("Drift") < text.index("Columns")
    assert "There is no earlier snapshot" in text


def test_drift_is_sorted_and_drawn_beside_the_rows(table):
    before, now = (
        shop(table, [float(size) for size in range(80)]),
        shop(table, [float(size % 9) for size in range(80)]),
    )
    found = page(now, COLUMNS, before)

    assert "may be trained on, with warnings" in found
    assert found.index('<td class="name">size</td><td class="number">') < found.index(
        '<td class="name">sold</td><td class="number">0.000'
    )
    assert "<line" in found  # the reference, over the bars


def test_what_comes_from_the_rows_is_only_text(table, hostile):
    columns = [{"name": hostile, "type": "string", "domain": []}, {"name": "sold", "type": "boolean"}]
    found = Text(
        page(table(**{hostile: ("string", [hostile, "b"]), "sold": ("boolean", [True, False])}), columns)
    )

    assert "script" not in found.tags
    assert found.text.count(hostile) >= 3  # the anomaly, the card's title, the value


def test_nothing_is_loaded_from_elsewhere(table):
    found = page(shop(table, [1.0, 2.0]), COLUMNS)

    assert not re.findall(r"https?://|src=|@import|url\(", found)


def test_columns_of_every_kind_have_a_card(table):
    at = ("timestamp", [0, 10**15])
    rows = table(
        at=at,
        day=("date", [0, 9]),
        none=("float64", [None, None]),
        same=("int64", [7, 7]),
        sold=("boolean", [True, False]),
    )
    kinds = {"at": "timestamp", "day": "date", "none": "float64", "same": "int64", "sold": "boolean"}
    found = page(rows, [{"name": name, "type": kind, "nullable": True} for name, kind in kinds.items()], rows)

    assert found.count('class="card column') == 5
    assert "1970-01-01" in found
