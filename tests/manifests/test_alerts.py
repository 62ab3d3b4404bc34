"""Alerts, what is scraped and the dashboard are what the Prometheus operator and Prometheus understand."""

from __future__ import annotations

import json
import shutil
import subprocess

import promql_parser
import pytest
import yaml
from cloudcoil.models.prometheus_operator import v1

from pipelines.images import ROOT

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")


@pytest.fixture(scope="module")
def manifests() -> dict[str, dict]:
    """The manifests of alerts, by kind."""
    command = ["kubectl", "kustomize", str(ROOT / "manifests" / "base" / "alerts")]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {one["kind"]: one for one in yaml.safe_load_all(told)}


@pytest.mark.parametrize("kind", ["ServiceMonitor", "PrometheusRule"])
def test_the_operators_schema_knows_every_field(manifests, kind):
    understood = getattr(v1, kind).model_validate(manifests[kind])

    # A field that the schema does not know is not in what it understood.
    assert (
        understood.model_dump(by_alias=True, exclude_none=True, mode="json")["spec"]
        == manifests[kind]["spec"]
    )


def test_a_field_that_does_not_exist_is_found(manifests):
    spec = {**manifests["PrometheusRule"]["spec"], "group": []}
    understood = v1.PrometheusRule.model_validate({**manifests["PrometheusRule"], "spec": spec})

    assert "group" not in understood.model_dump(by_alias=True, exclude_none=True, mode="json")["spec"]


def test_prometheus_can_read_every_alert(manifests):
    rules = [rule for group in manifests["PrometheusRule"]["spec"]["groups"] for rule in group["rules"]]

    assert len(rules) >= 7
    for rule in rules:
        promql_parser.parse(rule["expr"])


def expressions(node: object) -> list[str]:
    """Every `expr` in a dashboard."""
    if isinstance(node, list):
        return [found for part in node for found in expressions(part)]
    if not isinstance(node, dict):
        return []
    own = [node["expr"]] if isinstance(node.get("expr"), str) else []
    return own + [found for part in node.values() for found in expressions(part)]


def test_prometheus_can_read_what_the_dashboard_asks(manifests):
    asked = expressions(json.loads(manifests["ConfigMap"]["data"]["dashboard.json"]))

    assert len(asked) > 5
    for one in asked:
        promql_parser.parse(one.replace("$__rate_interval", "5m").replace("$__range", "1h"))


def test_what_is_no_expression_is_refused():
    with pytest.raises(ValueError, match="unclosed"):
        promql_parser.parse("sum by (namespace (rate(x[5m]))")
