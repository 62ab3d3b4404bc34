"""A body is JSON of one meaning, or it is refused."""

from __future__ import annotations

import pytest

from components.serving.documents import parse, request_id, row_ids
from components.serving.refusal import RefusalError


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"NaN",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e400}',
        b'{"a": "\\ud800"}',
        b'{"a": "\xff"}',
        b'{"a": 1, "a": 1}',
        b'{"rows": [{"at": "12:00", "b": 1, "b": 2}]}',
        b'{"a":' * 5000,
        b"[" * 100_000,
        b'{"a": ' + b"[" * 1000 + b"]" * 1000 + b', "a": "12:00"}',
    ],
)
def test_what_is_not_json_of_one_meaning_is_refused(body):
    with pytest.raises(RefusalError) as caught:
        parse(body)

    assert caught.value.status == 400


def test_colons_in_texts_are_no_names():
    assert parse(b'{"at": "12:00:00", "a:b": [{"c": ":"}]}') == {"at": "12:00:00", "a:b": [{"c": ":"}]}


@pytest.mark.parametrize(
    ("given", "header", "found"), [(None, b"theirs", "theirs"), ("7", b"theirs", "7"), ("7", None, "7")]
)
def test_the_callers_id_is_kept(given, header, found):
    assert request_id(given, header) == found


def test_a_request_without_an_id_gets_one_of_128_bits():
    first, second = request_id(None, None), request_id(None, None)

    assert first != second
    assert len(bytes.fromhex(first)) == len(bytes.fromhex(second)) == 16


@pytest.mark.parametrize("given", ["", "a" * 129, "line\nbreak", 7, ["a"]])
def test_an_id_that_is_no_short_text_is_refused(given):
    with pytest.raises(RefusalError, match="id"):
        request_id(given, None)


def test_each_row_has_an_id_of_its_own():
    assert row_ids("x", 1) == ["x"]
    assert row_ids("x", 3) == ["x-0", "x-1", "x-2"]
