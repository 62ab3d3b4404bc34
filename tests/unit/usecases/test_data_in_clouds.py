"""The rows of a use case that carries its own, brought to where a cluster reads them."""

from __future__ import annotations

import os
import secrets

import pytest

from components.stores import objects
from pipelines.library import FOLDER, bring_data


@pytest.mark.objectstore
@pytest.mark.parametrize("scheme", ["s3", "gs"])
def test_rows_are_brought_to_a_cloud_once(scheme):
    needed = {"s3": "AWS_ENDPOINT_URL", "gs": "STORAGE_EMULATOR_HOST"}[scheme]
    if needed not in os.environ:
        pytest.skip(f"{needed} is not set")
    place = f"{scheme}://evergreen/{secrets.token_hex(4)}"

    assert bring_data(FOLDER / "housing.yaml", place)
    assert objects.names(place) == ["housing.parquet"]
    objects.write_bytes(f"{place}/housing.parquet", b"somebody's own rows")
    assert bring_data(FOLDER / "housing.yaml", f"{place}/")
    assert objects.read_bytes(f"{place}/housing.parquet") == b"somebody's own rows"
