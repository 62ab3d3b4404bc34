"""YAML for people: short values on one line, comments, and names that survive whatever is in them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from typing import Any

import yaml

from components.contracts.schema import Column, TableSchema

_PLAIN = re.compile(r"^[A-Za-z_][\w./-]*( [\w./-]+)*$", re.ASCII)

SCHEMA_HEADER = """\
# yaml-language-server: $schema=table.schema.json
# What the rows must look like. A run stops at rows that do not fit, so each rule should hold for tomorrow's rows too.
# Inferred from the data, then to be reviewed: what is too strict, what is missing, which columns are
# known only after the outcome (environments: [training])?
"""


def value(item: Any) -> str:
    """A value on one line, inside a list too."""
    if isinstance(item, float) and item.is_integer() and abs(item) < 1e15:
        item = int(item)
    if isinstance(item, str):
        if _PLAIN.match(item) and yaml.safe_load(item) == item:
            return item
        return _dump(item, default_style='"')
    if isinstance(item, list | tuple):
        return f"[{', '.join(value(part) for part in item)}]"
    return _dump(item)


def prose(text: str) -> str:
    """A text that stands alone behind its key: without quotes where YAML reads it as it is."""
    plain = text.isprintable() and re.match(r"[^\W_]", text) and ": " not in text and " #" not in text
    return (
        text
        if plain and text == text.strip() and yaml.safe_load(f"a: {text}") == {"a": text}
        else value(text)
    )


def _dump(item: Any, **style: Any) -> str:
    text = yaml.safe_dump(item, allow_unicode=True, width=10**9, **style)
    return str(text).removesuffix("...\n").strip()


def sentence(reason: str) -> str:
    """A reason as a sentence of its own."""
    return f"{reason[:1].upper()}{reason[1:]}."


def comment(text: str, indent: int = 0, start: str = "# ", width: int = 110) -> str:
    """A comment, as many lines as it needs."""
    room = width - indent - len(start)
    lines = textwrap.wrap(" ".join(text.split()), room, break_long_words=False, break_on_hyphens=False)
    return "".join(f"{' ' * indent}{start}{line}\n" for line in lines)


def listed(name: str, items: Iterable[tuple[str, str]], indent: int) -> str:
    """A list with one item per line, each with a remark."""
    pairs = [(value(item), remark) for item, remark in items]
    if not pairs:
        return ""
    room = min(max(len(item) for item, _ in pairs), 40)
    lines = [f"{' ' * indent}{name}:\n"]
    for item, remark in pairs:
        lines.append(
            f"{' ' * indent}  - {item:<{room}}  # {remark}\n" if remark else f"{' ' * indent}  - {item}\n"
        )
    return "".join(lines)


def schema_text(schema: TableSchema, header: str = SCHEMA_HEADER) -> str:
    """A schema file: one block per column, without what is the default."""
    blocks = [_block(column) for column in schema.columns]
    drift = schema.model_dump(exclude_defaults=True).get("drift")
    limits = "".join(f"  {key}: {value(limit)}\n" for key, limit in (drift or {}).items())
    return "\n".join([header, "columns:\n" + "\n".join(blocks), *(["drift:\n" + limits] if limits else [])])


def _block(column: Column) -> str:
    lines = []
    for key, rule in column.model_dump(mode="json", exclude_defaults=True).items():
        if isinstance(rule, dict):
            lines.append(f"{key}: {{{', '.join(f'{name}: {value(limit)}' for name, limit in rule.items())}}}")
        elif key == "description":
            lines.append(f"{key}: {prose(rule)}")
        elif key == "domain":
            lines += _wrapped(f"{key}: ", [value(item) for item in rule])
        else:
            lines.append(f"{key}: {value(rule)}")
    return "  - " + "\n    ".join(lines) + "\n"


def _wrapped(start: str, items: list[str], width: int = 100) -> list[str]:
    """A list on as many lines as it needs; an item is never cut."""
    lines = [f"{start}["]
    for place, item in enumerate(items):
        end = "]" if place == len(items) - 1 else ","
        if len(lines[-1]) + len(item) > width:
            lines.append("  ")
        blank = "" if lines[-1].endswith(("[", "  ")) else " "
        lines[-1] += f"{blank}{item}{end}"
    return lines
