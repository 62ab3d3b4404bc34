"""What a schema demands of values, as rules whose failures the engine counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
from ibis import _

from components.analysis.rows import as_text, frugally

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import ibis.expr.types as ir

    from components.contracts.schema import Column

EXAMPLES = 5
"""Values shown of those that fail a rule."""

LONGEST = 80
"""Characters shown of a value."""

LISTED = 12
"""Values shown of a domain."""


@dataclass(frozen=True)
class Rule:
    """A demand on the values of a column, or of several columns together."""

    columns: tuple[str, ...]
    check: str
    demand: str
    """To follow the words "must be"."""
    failing: ir.BooleanColumn | None = None
    """Which rows fail; None for uniqueness, which is not a matter of single rows."""
    allowed: float = 0.0
    """Share of the rows that may fail."""


def rules_of(source: ir.Table, columns: Iterable[Column], key: tuple[str, ...]) -> tuple[Rule, ...]:
    """Every rule for the values of a table.

    Args:
        source: The rows.
        columns: Columns that the table has, of the type that the table has.
        key: The columns that together name one row; none when empty.
    """
    rules = [rule for column in columns for rule in _rules(source[column.name], column)]
    if key and (key,) not in [(rule.columns,) for rule in rules if rule.failing is None]:
        rules.append(Rule(key, "key", "different in every row, as it is the key"))
    return tuple(rules)


def _rules(values: ir.Column, column: Column) -> list[Rule]:
    name, rules = (column.name,), []
    if not column.nullable:
        rules.append(Rule(name, "not_null", "filled in every row", values.isnull()))
    elif column.max_null_fraction < 1:
        most = column.max_null_fraction
        rules.append(
            Rule(name, "null_fraction", f"filled in all but {most:.4g} of the rows", values.isnull(), most)
        )
    # NaN sorts above every number. It is reported as not finite, and not a second time.
    number = values.isnan().ifelse(ibis.null("float64"), values) if values.type().is_floating() else values
    if column.min is not None:
        rules.append(Rule(name, "min", f"at least {column.min:.15g}", number < column.min))
    if column.max is not None:
        rules.append(Rule(name, "max", f"at most {column.max:.15g}", number > column.max))
    if column.domain is not None:
        shown = _shown([as_text(value, column.type) for value in column.domain])
        allowed = _typed(column)
        failing = values.notin(allowed) if allowed else values.notnull()
        rules.append(Rule(name, "domain", f"one of {shown}" if allowed else "null", failing))
    if column.unique:
        rules.append(Rule(name, "unique", "different in every row"))
    return rules


def _shown(values: list[str]) -> str:
    rest = len(values) - LISTED
    return ", ".join(values[:LISTED]) + (f" and {rest} more" if rest > 0 else "")


def _typed(column: Column) -> list[object]:
    """The domain in the column's type. Whole numbers arrive from KFP as floats, and 1.0 reads as True."""
    values = column.domain or ()
    if column.type == "boolean":
        return [bool(value) for value in values if not isinstance(value, str)]
    if column.is_number:
        return [int(value) for value in values if not isinstance(value, str)]
    texts = [str(value) for value in values]
    return (
        list(texts) if column.type == "string" else [ibis.literal(text).cast(column.type) for text in texts]
    )


def count_failures(source: ir.Table, rules: Sequence[Rule]) -> tuple[int, ...]:
    """The rows that fail each rule: one scan for all of them, and one for each rule about uniqueness."""
    asked = {
        f"rule{place}": rule.failing.sum() for place, rule in enumerate(rules) if rule.failing is not None
    }
    row = source.aggregate(**asked).to_pyarrow().to_pylist()[0] if asked else {}
    return tuple(
        _repeats(source, rule.columns) if rule.failing is None else row[f"rule{place}"] or 0
        for place, rule in enumerate(rules)
    )


def examples(source: ir.Table, rule: Rule) -> tuple[str, ...]:
    """The smallest few of the different values that fail a rule; none of a rule about nulls."""
    if rule.check in ("not_null", "null_fraction"):
        return ()
    if rule.failing is None:
        failing, names = _repeated(source, rule.columns), _parts(rule.columns)
    else:
        failing, names = source.filter(rule.failing), list(rule.columns)
    different = failing.select(*names).distinct().order_by(*names).limit(EXAMPLES)
    with frugally(source):
        rows = different.to_pyarrow().to_pylist()
    return tuple(" · ".join(shorten(str(value), LONGEST) for value in row.values()) for row in rows)


def shorten(text: str, most: int) -> str:
    """A text of at most so many characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _repeats(source: ir.Table, columns: tuple[str, ...]) -> int:
    """Rows beyond the first with their values.

    Told by a mark of 64 bits, whatever the columns hold. Only where rows share one are their values compared.
    """
    marked = _marked(source, columns)
    with frugally(source):
        found = marked.aggregate(rows=_.count(), different=_.mark.nunique()).to_pyarrow().to_pylist()[0]
        if found["rows"] == found["different"]:
            return 0
        beyond = _repeated(source, columns).aggregate(beyond=(_.times - 1).sum())
        return int(beyond.to_pyarrow()["beyond"][0].as_py() or 0)


def _repeated(source: ir.Table, columns: tuple[str, ...]) -> ir.Table:
    """The values that several rows have, as `part0`, `part1` and so on, and how many `times`."""
    marked = _marked(source, columns)
    shared = marked.group_by("mark").aggregate(times=_.count()).filter(_.times > 1)
    groups = marked.semi_join(shared, "mark").group_by(*_parts(columns)).aggregate(times=_.count())
    return groups.filter(_.times > 1)


def _marked(source: ir.Table, columns: tuple[str, ...]) -> ir.Table:
    values = [source[name] for name in columns]
    parts = dict(zip(_parts(columns), values, strict=True))
    if len(columns) > 1:
        return source.select(**parts, mark=ibis.struct(parts).hash())
    # Two nulls are not two equal values; a key with a null in one of its parts can still name a row.
    mark = values[0] if values[0].type().is_integer() else values[0].hash()
    return source.select(**parts, mark=mark).filter(_.part0.notnull())


def _parts(columns: tuple[str, ...]) -> list[str]:
    return [f"part{place}" for place in range(len(columns))]
