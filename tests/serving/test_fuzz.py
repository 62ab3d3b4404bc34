"""Schemathesis reads the predictor's own OpenAPI document, and finds no request that it does not answer as it says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.serving

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def test_no_request_breaks_it(each, tmp_path):
    _, running = each
    done = subprocess.run(
        [
            SCHEMATHESIS,
            "run",
            f"{running.url}/openapi.json",
            "--checks",
            CHECKS,
            "--max-examples",
            "60",
            "--seed",
            "1",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-5000:]
    assert running.counted('evergreen_requests_total{protocol="v1",status="200"}') > 0
