"""The reference of the use-case file, and the JSON Schemas for editors, generated from the models.

`python -m pipelines.reference` writes them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from components.contracts.metrics import METRICS
from components.contracts.schema import TableSchema
from components.contracts.spec import Spec
from components.contracts.usecase import UseCase
from pipelines.reference_texts import EXAMPLE, INTRODUCTION, SCHEMA_EXAMPLE, SCHEMA_INTRODUCTION

ROOT = Path(__file__).resolve().parent.parent


def json_schema(model: type[Spec]) -> dict[str, Any]:
    """The JSON Schema of a file, with the names of the metrics for editors to complete."""
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", **model.model_json_schema()}
    names = [name for metrics in METRICS.values() for name in metrics]
    definitions = schema.get("$defs", {})
    for section in ("Gate", "SliceGate"):
        if section in definitions:
            definitions[section]["properties"]["metric"]["enum"] = names
    if "Evaluation" in definitions:
        definitions["Evaluation"]["properties"]["metrics"]["items"]["enum"] = names
    return schema


def schema_text(model: type[Spec]) -> str:
    """The JSON Schema of a file, as text."""
    return json.dumps(json_schema(model), indent=1) + "\n"


def reference() -> str:
    """The reference page in Markdown: every section and field, in order."""
    return "\n".join(
        [
            INTRODUCTION,
            _fenced(EXAMPLE),
            *_section(UseCase.model_json_schema(), _by_section(EXAMPLE), "", "## At the top"),
            SCHEMA_INTRODUCTION,
            _fenced(SCHEMA_EXAMPLE),
            *_section(TableSchema.model_json_schema(), {}, "", "### At the top", depth=3),
            *_metrics(),
        ]
    )


def files() -> dict[Path, str]:
    """Every generated file and its text."""
    folder = ROOT / "pipelines" / "usecases"
    return {
        ROOT / "docs" / "usecase.md": reference(),
        folder / "usecase.schema.json": schema_text(UseCase),
        folder / "table.schema.json": schema_text(TableSchema),
    }


def _by_section(example: str) -> dict[str, str]:
    sections: dict[str, str] = {}
    for line in example.splitlines(keepends=True):
        if line[0] not in " #":
            key = line.partition(":")[0]
            sections[key] = ""
        if line[0] != "#":
            sections[key] += line
    return sections


def _section(
    schema: dict[str, Any], examples: dict[str, str], path: str, title: str, depth: int = 2
) -> Iterator[str]:
    """A heading, a table of the fields, and after it the sections that the fields hold."""
    definitions = schema["$defs"]
    body = schema if not path else definitions[schema["title"]]
    yield f"{title}\n"
    if path:
        yield body.get("description", "") + "\n"
    if path in examples:
        yield _fenced(examples[path])
    yield "| field | type | default | meaning |\n|---|---|---|---|"
    nested = []
    for name, field in body["properties"].items():
        held, many = _held(field)
        required = name in body.get("required", ())
        yield f"| `{name}` | {_type(field)} | {_default(field, required, held)} | {_meaning(field, definitions)} |"
        if held:
            nested.append((f"{path}.{name}".lstrip("."), held, many))
    yield ""
    for inner, held, many in nested:
        heading = "#" * (depth + inner.count("."))
        inside = {"title": held, "$defs": definitions}
        yield from _section(inside, examples, inner, f"{heading} `{inner}{'[]' if many else ''}`", depth)


def _held(field: dict[str, Any]) -> tuple[str | None, bool]:
    """The section that a field holds, if any, and whether it holds a list of them."""
    if "$ref" in field:
        return field["$ref"].rpartition("/")[2], False
    for option in field.get("anyOf", ()):
        if "$ref" in option:
            return _held(option)
    if "$ref" in field.get("items", {}):
        return _held(field["items"])[0], True
    return None, False


_WORDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
_LIMITS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}


def _type(field: dict[str, Any]) -> str:
    """A field's type in words, with its limits."""
    if "anyOf" in field:
        options = [option for option in field["anyOf"] if option.get("type") != "null"]
        return " or ".join(_type(option) for option in options)
    if "$ref" in field:
        return "section"
    if "enum" in field or "const" in field:
        return ", ".join(f"`{value}`" for value in field.get("enum", [field.get("const")]))
    if field.get("type") == "array":
        return f"list of {_plural(_type(field.get('items', {})))}"
    if field.get("type") == "object":
        values = field["additionalProperties"]
        return f"name → {_type(values)}" if isinstance(values, dict) else "name → value"
    word = field.get("format") or _WORDS.get(field.get("type", ""), "value")
    limits = [f"{sign} {field[key]}" for key, sign in _LIMITS.items() if key in field]
    return " ".join([word, ", ".join(limits)]).strip()


def _plural(word: str) -> str:
    return {"text": "texts", "section": "sections"}.get(word, word)


def _default(field: dict[str, Any], required: bool, held: str | None) -> str:
    if required:
        return "**required**"
    value = field.get("default")
    if value is None or value in ("", [], {}):
        return ""
    if held:
        return "with its defaults"
    return f"`{json.dumps(value)}`" if not isinstance(value, str) else f"`{value}`"


def _meaning(field: dict[str, Any], definitions: dict[str, Any]) -> str:
    text = field.get("description")
    if text is None:
        held, _ = _held(field)
        text = definitions[held]["description"].partition("\n")[0] if held else ""
    return " ".join(text.replace("|", "\\|").split())


def _fenced(text: str) -> str:
    return f"```yaml\n{text}```\n"


def _metrics() -> Iterator[str]:
    yield "## Metrics\n"
    yield "| task | higher is better | lower is better |\n|---|---|---|"
    for task, metrics in METRICS.items():
        sides = [
            ", ".join(f"`{name}`" for name, higher in metrics.items() if higher is side)
            for side in (True, False)
        ]
        yield f"| {task} | {sides[0]} | {sides[1]} |"
    yield ""


def main() -> None:
    """Write the generated files."""
    for path, text in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
