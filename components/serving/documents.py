"""Bodies of requests as JSON, and nothing but JSON: one meaning or a refusal."""

from __future__ import annotations

import json
from collections import Counter
from secrets import token_hex
from typing import Any

import orjson

from components.serving.refusal import Problem, RefusalError

MAX_ID = 128
"""Longest id of a prediction that a caller may give."""

_NESTED = (dict, list)


def parse(body: bytes) -> dict[str, Any]:
    """The object in a request's body.

    Raises:
        RefusalError: It is not JSON (RFC 8259: no NaN, no lone surrogate, no number beyond a double), no object, or
            names something twice.
    """
    if not body:
        raise RefusalError(400, "the request has no body; send a JSON object")
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RefusalError(400, f"the request is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise RefusalError(400, "the request is JSON, but not an object")
    if body.count(b":") != _names(found):  # as many colons as names: then none is there twice
        _require_names_once(body)
    return found


def require_only(found: dict[str, Any], known: set[str]) -> None:
    """Hold an object's names against those that mean something.

    Raises:
        RefusalError: It has others.
    """
    unknown = sorted(found.keys() - known)
    if unknown:
        problems = [Problem(name, "means nothing here") for name in unknown]
        raise RefusalError(400, f"a request has only {', '.join(sorted(known))}", problems)


def request_id(given: Any, header: bytes | None) -> str:
    """The id of a request: from its body, else from its header, else ours, 128 random bits.

    Raises:
        RefusalError: It is empty, too long, or no printable text.
    """
    if given is None and header is not None:
        given = header.decode("latin-1")
    if given is None:
        return token_hex(16)
    if not isinstance(given, str) or not 0 < len(given) <= MAX_ID or not given.isprintable():
        raise RefusalError(
            400,
            "the request's id is refused",
            [Problem("id", f"must be a printable text of 1 to {MAX_ID} characters")],
        )
    return given


def row_ids(request: str, count: int) -> list[str]:
    """The id of each row's prediction: the request's own for one row, else that and the row's number."""
    return [request] if count == 1 else [f"{request}-{i}" for i in range(count)]


def _names(found: dict[str, Any]) -> int:
    """How many names there are, of all objects; without recursion, since nesting is the caller's choice."""
    count = 0
    waiting: list[Any] = [found]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            count += len(node)
            node = node.values()
        waiting += [part for part in node if type(part) in _NESTED]
    return count


def _require_names_once(body: bytes) -> None:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            times = Counter(name for name, _ in pairs)
            twice = sorted(name for name, count in times.items() if count > 1)
            raise RefusalError(
                400, "the request names something twice", [Problem(name, "is there twice") for name in twice]
            )
        return found

    try:
        json.loads(
            body, object_pairs_hook=once, parse_int=len
        )  # an int of 5,000 digits takes long, and is not needed
    except RecursionError:
        raise RefusalError(400, "the request is nested too deeply") from None
