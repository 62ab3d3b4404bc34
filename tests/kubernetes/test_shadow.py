"""A dark launch on a real cluster: the challenger answers what was logged, and nobody calls it."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from components.contracts import prediction as words
from components.contracts.errors import DataError
from components.serving.manifest import name_of
from components.serving.pods import Pods
from components.serving.shadow import dark_launch
from components.stores.folders import read_manifest
from components.stores.models import read_model
from tests.kubernetes.models import rows as training_rows

pytestmark = [pytest.mark.kubernetes, pytest.mark.kserve]


def logged(release, count: int = 120) -> pa.Table:
    """What the log holds after a champion answered rows."""
    model, rows = read_model(release.address), training_rows().slice(0, count)
    schema = words.log_schema(model.manifest, label="boolean")
    scores, now = model.scores(rows), datetime(2026, 1, 1, tzinfo=UTC)
    values = {
        words.ID: [f"p{i}" for i in range(count)],
        words.TIME: [now] * count,
        words.EVENT_TIME: [now] * count,
        words.USE_CASE: ["shop"] * count,
        words.VERSION: [release.version] * count,
        words.MODEL: [release.digest] * count,
        **{words.INPUTS + column.name: rows[column.name] for column in model.manifest.inputs},
        words.LABEL: np.asarray(model.decide(scores), dtype=bool),
        **{
            words.PROBABILITY + words.class_name(value): scores[:, place]
            for place, value in enumerate(model.manifest.classes)
        },
    }
    return pa.table({name: pa.array(values[name], schema.field(name).type) for name in schema.names})


def test_a_challenger_that_answers_alike_has_nothing_against_it(kserve, releases, api, place, first):
    manifest = read_manifest(releases[1].address)
    found = dark_launch(kserve, Pods(api, place), releases[1], manifest, logged(releases[0]))

    assert found.rows == 120
    assert found.objections(most_drift=0.01, most_changed=0.0) == []
    assert found.latency_ms > 0


def test_the_shadow_is_gone_and_the_champion_serves_on(kserve, releases, first):
    assert kserve.use_cases() == (name_of("shop"),)
    assert kserve.current("shop").release == releases[0]


def test_without_a_log_there_is_nothing_to_compare(kserve, releases, api, place):
    manifest, none = read_manifest(releases[1].address), logged(releases[0]).slice(0, 0)

    with pytest.raises(DataError, match="nothing to compare"):
        dark_launch(kserve, Pods(api, place), releases[1], manifest, none)
