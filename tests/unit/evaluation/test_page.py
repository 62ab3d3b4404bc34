import re
from xml.dom import minidom

import pyarrow as pa
import pytest

from components.contracts.sections import Table
from components.evaluation.page import render

HOSTILE = "<script>alert('x')</script>"


@pytest.mark.parametrize("kind", ["boolean", "three", "number"])
def test_the_page_needs_no_other_file(evaluated, make_model, kind):
    champion = make_model("champion", "prior", kind)
    page = render(evaluated(kind, champion=champion, slices=[{"column": "shop"}]))
    assert re.findall(r"""(?:src|href)=|url\(|@import|<script""", page) == []
    charts = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(charts) >= 3
    for chart in charts:
        minidom.parseString(chart)  # noqa: S318 - our own page


def test_the_page_tells_what_was_found(evaluated, make_model):
    found = evaluated(champion=make_model("champion", "prior"), slices=[{"column": "shop"}])
    page = render(found)
    for told in ("Gains over the champion", "ROC curve", "Confusion matrix", "Slices by shop", "240"):
        assert told in page
    assert f"{found.report.candidate['roc_auc'].value:.4g}" in page


def test_names_from_the_rows_are_escaped(evaluated, make_rows):
    rows = make_rows("text")
    labels = [HOSTILE if place < 9 else label for place, label in enumerate(rows["y"].to_pylist())]
    rows = rows.set_column(3, "y", pa.array(labels)).append_column(
        HOSTILE, pa.array([HOSTILE] * rows.num_rows)
    )
    page = render(evaluated("text", rows=rows, slices=[{"column": HOSTILE}]))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_page_of_too_few_rows_says_what_is_missing(evaluated, make_rows):
    page = render(evaluated(rows=make_rows(rows=4), table=Table(task="classification", label="y")))
    assert "Without event time" in page
    assert not re.search(r"\bnan\b", page, re.IGNORECASE)
