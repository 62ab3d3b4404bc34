"""Requests that have to be refused."""

import json

import pytest

from components.contracts.model import Input
from components.validation.probes import probes

SIZE = Input(name="size", type="float64", nullable=True, treatment="numeric")
COLOUR = Input(name="colour", type="string", treatment="categorical")
ROW = {"size": 1.5, "colour": "red"}


@pytest.fixture
def made():
    return {probe.name: probe for probe in probes((SIZE, COLOUR), ROW)}


def row_of(probe):
    return json.loads(probe.body)["instances"][0]


def test_each_lacks_one_thing_that_a_good_request_has(made):
    assert row_of(made["no column size"]) == {"colour": "red"}
    assert row_of(made["a column that the model does not know"]) == {**ROW, "no_such_column": 1}
    assert row_of(made["a wrong value for a float64"]) == {**ROW, "size": "not a number"}
    assert row_of(made["a wrong value for a string"]) == {**ROW, "colour": 5}


def test_null_is_sent_where_none_is_allowed(made):
    probe = made["null in a column that allows none"]
    assert (probe.field, row_of(probe)["colour"]) == ("colour", None)


def test_a_model_that_takes_nulls_everywhere_is_not_asked_to_refuse_one():
    assert not any("null" in probe.name for probe in probes((SIZE,), {"size": 1.0}))


def test_half_a_body_is_no_json(made):
    with pytest.raises(json.JSONDecodeError):
        json.loads(made["half a body"].body)


def test_what_is_wrong_is_named(made):
    assert made["no column size"].field == "size"
    assert made["a row that is a number"].field == "instances"
