"""A release in memory answers rows, or says for which of them it has no answer."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from prometheus_client import REGISTRY

from components.contracts.release import Release
from components.serving.engines import SklearnEngine
from components.serving.refusal import RefusalError
from components.serving.served import Served
from tests.models import ROW, model

RELEASE = Release(use_case="shop", version="1", digest="d", address="here", run="r", snapshot="s")


@pytest.mark.parametrize("label", ["late", "cost"])
def test_a_row_without_a_finite_answer_is_refused_and_counted(label):
    found = model(label, "linear")
    spoilt = replace(found, pipeline=deepcopy(found.pipeline))
    spoilt.pipeline[-1].intercept_ = spoilt.pipeline[-1].intercept_ + np.nan
    served = Served(RELEASE, found.manifest, SklearnEngine(spoilt), datetime.now(UTC))
    before = REGISTRY.get_sample_value("evergreen_non_finite_total")

    with pytest.raises(RefusalError) as refused:
        served.single([ROW, ROW])

    assert [problem.row for problem in refused.value.problems] == [0, 1]
    assert REGISTRY.get_sample_value("evergreen_non_finite_total") == before + 2
