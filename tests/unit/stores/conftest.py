"""Stores in the clouds, which run on this machine: see docs of the marker `objectstore`."""

from __future__ import annotations

import os
from uuid import uuid4

import pytest

ENDPOINTS = {"s3": "AWS_ENDPOINT_URL", "gs": "STORAGE_EMULATOR_HOST"}


@pytest.fixture(params=["s3", "gs"])
def cloud(request) -> str:
    """An address of its own for a test, in the bucket `evergreen`."""
    name = ENDPOINTS[request.param]
    if not os.environ.get(name):
        pytest.skip(f"{name} names no endpoint, so there is no {request.param}:// to write to")
    return f"{request.param}://evergreen/{uuid4().hex}"
