"""Templates into pages."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from components.pages import svg

_COMPONENTS = Path(__file__).parent.parent


def render(template: str, **values: Any) -> str:
    """A page from a template of a step.

    Every value is escaped, unless it is `Markup`, as the charts of `components.pages.svg` are. A template extends
    `pages/base.html` and fills its blocks `title` and `content`; filter `number` writes a number for a reader, and `svg` has
    the charts.

    Args:
        template: Path under `components`, as in `evaluation/page.html`.
        values: What the template names.
    """
    environment = Environment(
        loader=FileSystemLoader(_COMPONENTS),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    environment.globals["svg"] = svg
    return environment.get_template(template).render(**values)


def number(value: float | None) -> str:
    """Four significant digits; a dash for what is missing or not a finite number."""
    if value is None or not math.isfinite(value):
        return "–"
    if isinstance(value, int) or (value == int(value) and abs(value) >= 1000):
        return f"{int(value):,}"
    return f"{value + 0.0:.4g}"
