import math
from xml.dom import minidom

import pytest

from components.pages import svg
from components.pages.render import number

HOSTILE = "<b onload='x'>&"


def drawn(chart):
    return minidom.parseString(str(chart)).documentElement  # noqa: S318 - our own chart


@pytest.mark.parametrize(
    "chart",
    [
        svg.lines([svg.Series(HOSTILE, "candidate", [0, 1], [0, 1])], HOSTILE, HOSTILE),
        svg.ranges([svg.Range(HOSTILE, 0.1, 0.0, 0.2, HOSTILE)], HOSTILE),
        svg.bars([svg.Bar(HOSTILE, 1.0, HOSTILE)], HOSTILE),
    ],
    ids=["lines", "ranges", "bars"],
)
def test_text_in_charts_is_escaped(chart):
    assert HOSTILE in drawn(chart).toxml().replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert drawn(chart).getElementsByTagName("b") == []


def test_the_middle_of_the_axes_is_drawn_in_the_middle():
    chart = drawn(
        svg.lines([svg.Series("a", "candidate", [5.0], [50.0], marks=True)], "x", "y", (0, 10), (0, 100))
    )
    point = chart.getElementsByTagName("circle")[0]
    left, right = svg.LEFT, svg.WIDTH - svg.MARGIN
    assert float(point.getAttribute("cx")) == pytest.approx((left + right) / 2, abs=0.1)


@pytest.mark.parametrize(
    ("low", "high", "kind"),
    [(0.1, 0.3, "better"), (-0.3, -0.1, "worse"), (-0.1, 0.1, "open"), (0.0, 0.1, "open")],
)
def test_an_interval_is_coloured_by_the_side_of_nothing_it_lies_on(low, high, kind):
    chart = drawn(svg.ranges([svg.Range("a", (low + high) / 2, low, high)], "gains"))
    assert chart.getElementsByTagName("circle")[0].getAttribute("class") == kind


def test_what_is_not_a_number_is_not_drawn():
    points = svg.Series("a", "candidate", [0.0, math.nan, 1.0], [0.0, 1.0, math.inf])
    broken = svg.Range("a", math.nan, math.nan, math.nan)
    for chart in (
        svg.lines([points], "x", "y"),
        svg.ranges([broken], "r"),
        svg.bars([svg.Bar("a", math.nan)], "b"),
    ):
        assert "nan" not in chart
        assert "inf" not in chart


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.123456, "0.1235"), (55355, "55,355"), (2000.0, "2,000"), (-0.0, "0"), (math.nan, "–"), (None, "–")],
)
def test_numbers_are_written_for_a_reader(value, text):
    assert number(value) == text
