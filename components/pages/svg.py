"""Charts as inline SVG, for pages that load nothing from elsewhere.

Text that is put into a chart is escaped. Colours are the page's: a mark's `kind` is its CSS class.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from markupsafe import Markup

ROW = 24
"""Height of a row in charts that have rows, in pixels."""

WIDTH, HEIGHT, LEFT, BELOW, MARGIN = 340, 300, 48, 40, 12
"""Size of charts that have axes, and the room around them for labels, in pixels."""


class Series(NamedTuple):
    """Points of one line or cloud."""

    name: str
    kind: str
    x: Sequence[float]
    y: Sequence[float]
    marks: bool = False
    """Draw the points and no line."""


class Range(NamedTuple):
    """A value and the interval it lies in."""

    name: str
    value: float
    low: float
    high: float
    note: str = ""


class Bar(NamedTuple):
    """A bar; its length is the value."""

    name: str
    value: float
    note: str = ""


def lines(
    series: Sequence[Series],
    x_label: str,
    y_label: str,
    x: tuple[float, float] | None = None,
    y: tuple[float, float] | None = None,
    diagonal: bool = False,
) -> Markup:
    """Lines or points over two axes.

    Args:
        series: What is drawn; points that are not finite are left out.
        x_label: What the horizontal axis means.
        y_label: What the vertical axis means.
        x: Its range; that of the points when absent.
        y: Its range; that of the points when absent.
        diagonal: Draw where y equals x.
    """
    plane = _Plane(
        x or extent(value for one in series for value in one.x),
        y or extent(value for one in series for value in one.y),
    )
    parts = [*_axes(plane, x_label, y_label)]
    if diagonal:
        low, high = max(plane.x[0], plane.y[0]), min(plane.x[1], plane.y[1])
        parts.append(_line(*plane.place(low, low), *plane.place(high, high), "reference"))
    parts += [_cloud(plane, one) if one.marks else _path(plane, one) for one in series]
    return _figure(parts, WIDTH, HEIGHT, f"{y_label} over {x_label}")


def ranges(rows: Sequence[Range], label: str) -> Markup:
    """A forest plot: an interval per row around 0, each row on its own scale; green above 0, red below."""
    middle, half, width = 380, 170, 760
    parts = [_line(middle, 4, middle, ROW * len(rows) + 4, "reference")]
    for place, row in enumerate(rows):
        level = ROW * place + ROW // 2 + 4
        parts.append(_text(row.name, 190, level + 4, "end"))
        parts.append(_text(row.note, 570, level + 4, "start"))
        if not all(map(math.isfinite, (row.value, row.low, row.high))):
            continue
        scale = half / (max(abs(row.value), abs(row.low), abs(row.high)) or 1)
        low, mark, high = (round(middle + value * scale, 1) for value in (row.low, row.value, row.high))
        kind = "better" if row.low > 0 else "worse" if row.high < 0 else "open"
        parts.append(_line(low, level, high, level, f"{kind} thick"))
        parts.append(Markup('<circle class="{}" cx="{}" cy="{}" r="4"/>').format(kind, mark, level))
    return _figure(parts, width, ROW * len(rows) + 8, label)


def bars(rows: Sequence[Bar], label: str) -> Markup:
    """Horizontal bars from 0, one per row."""
    left, width = 200, 760
    longest = max((abs(row.value) for row in rows if math.isfinite(row.value)), default=0) or 1
    parts = []
    for place, row in enumerate(rows):
        level = ROW * place + 4
        length = round(abs(row.value) / longest * 400, 1) if math.isfinite(row.value) else 0
        kind = "candidate" if row.value >= 0 else "worse"
        parts.append(_text(row.name, left - 8, level + ROW // 2 + 2, "end"))
        parts.append(
            Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(
                kind, left, level, length, ROW - 8
            )
        )
        parts.append(_text(row.note, left + length + 8, level + ROW // 2 + 2, "start"))
    return _figure(parts, width, ROW * len(rows) + 8, label)


def extent(values: Iterable[float]) -> tuple[float, float]:
    """Smallest and largest finite value, and some room where they are the same."""
    finite = [value for value in values if math.isfinite(value)]
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    return (low, high) if low < high else (low - 0.5, high + 0.5)


class _Plane(NamedTuple):
    """Two axes, and where a point lies in the picture."""

    x: tuple[float, float]
    y: tuple[float, float]

    def place(self, x: float, y: float) -> tuple[float, float]:
        across = (x - self.x[0]) / (self.x[1] - self.x[0]) * (WIDTH - LEFT - MARGIN)
        up = (y - self.y[0]) / (self.y[1] - self.y[0]) * (HEIGHT - BELOW - MARGIN)
        return round(LEFT + across, 1), round(HEIGHT - BELOW - up, 1)

    def points(self, one: Series) -> list[tuple[float, float]]:
        pairs = zip(one.x, one.y, strict=True)
        return [self.place(x, y) for x, y in pairs if math.isfinite(x) and math.isfinite(y)]


def _axes(plane: _Plane, x_label: str, y_label: str) -> Iterator[Markup]:
    left, floor = plane.place(plane.x[0], plane.y[0])
    right, top = plane.place(plane.x[1], plane.y[1])
    yield Markup('<path class="axis" d="M{} {}V{}H{}"/>').format(left, top, floor, right)
    for share in (0, 0.5, 1):
        x, y = (low + share * (high - low) for low, high in (plane.x, plane.y))
        yield _text(f"{x:.3g}", plane.place(x, y)[0], floor + 14, "middle")
        yield _text(f"{y:.3g}", left - 5, plane.place(x, y)[1] + 4, "end")
    yield _text(x_label, (left + right) / 2, HEIGHT - 6, "middle")
    yield Markup('<text text-anchor="middle" transform="translate(12 {}) rotate(-90)">{}</text>').format(
        (top + floor) / 2, y_label
    )


def _path(plane: _Plane, one: Series) -> Markup:
    route = "L".join(f"{x} {y}" for x, y in plane.points(one))
    return Markup('<path class="{}" d="{}"><title>{}</title></path>').format(
        one.kind, f"M{route}" if route else "", one.name
    )


def _cloud(plane: _Plane, one: Series) -> Markup:
    dots = (Markup('<circle cx="{}" cy="{}" r="2.5"/>').format(x, y) for x, y in plane.points(one))
    return Markup('<g class="{}"><title>{}</title>{}</g>').format(one.kind, one.name, Markup("").join(dots))


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    return Markup('<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(kind, x1, y1, x2, y2)


def _text(text: str, x: float, y: float, anchor: str) -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(
        round(x, 1), round(y, 1), anchor, text
    )


def _figure(parts: Iterable[Markup], width: int, height: int, label: str) -> Markup:
    return Markup('<svg viewBox="0 0 {} {}" width="{}" role="img" aria-label="{}">{}</svg>').format(
        width, height, width, label, Markup("").join(parts)
    )
