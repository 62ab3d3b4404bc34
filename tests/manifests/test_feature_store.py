"""Predictors and steps of every overlay find the feature store, and may reach it."""

from __future__ import annotations

import shutil
from string import Template

import pytest
import yaml

from components.stores.feast_configuration import FILE, ONLINE
from pipelines.images import pinned
from pipelines.manifests import built, environments
from pipelines.submit import placements_of

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")

each = pytest.mark.parametrize("environment", environments())
SECRETS = {f"FEATURE_STORE_{name}" for name in ("HOST", "DATABASE", "USER", "PASSWORD")}


def named(environment: str, kind: str) -> dict[str, dict]:
    return {one["metadata"]["name"]: one for one in built(environment, pinned()) if one["kind"] == kind}


@each
def test_its_predictors_find_the_online_store(environment):
    runtime = named(environment, "ServingRuntime")["evergreen"]["spec"]
    [container] = runtime["containers"]
    [folder] = [one["value"] for one in container["env"] if one["name"] == "EVERGREEN_SERVING_FEATURES"]
    [volume] = [one["name"] for one in container["volumeMounts"] if one["mountPath"] == folder]

    [source] = [one["configMap"]["name"] for one in runtime["volumes"] if one["name"] == volume]
    assert FILE in named(environment, "ConfigMap")[source]["data"]
    assert {"secretRef": {"name": "feature-store", "optional": True}} in container["envFrom"]


@each
def test_reading_online_needs_nothing_but_the_secret(environment):
    text = named(environment, "ConfigMap")["feature-store"]["data"][FILE]
    parts = {name: part for name, part in yaml.safe_load(text).items() if name in ONLINE}

    assert set(Template(yaml.safe_dump(parts)).get_identifiers()) == SECRETS


@each
def test_predictors_and_steps_may_reach_its_database(environment):
    policies = named(environment, "NetworkPolicy")

    for who in ("predictors", "steps"):
        spec = policies[f"feature-store-{who}"]["spec"]
        assert spec["podSelector"] == policies[who]["spec"]["podSelector"]
        assert {"port": 5432} in spec["egress"][0]["ports"]


@pytest.mark.parametrize("environment", ["staging", "production"])
@pytest.mark.parametrize("step", ["extract", "collect", "materialize"])
def test_the_steps_that_read_it_are_configured(environment, step):
    placement = placements_of(environment).of(step)

    assert [one.path for one in placement.config_maps] == [placement.environment["EVERGREEN_FEATURES"]]
    assert {name for one in placement.secrets for name in one.keys.values()} >= SECRETS
