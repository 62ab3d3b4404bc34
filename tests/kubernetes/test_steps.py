"""Pods of the `steps` image on a real node: a step, its failure told, and the metadata store."""

from __future__ import annotations

import json
import secrets

import pytest
from kubernetes import client

from components.extraction.component import extract
from components.settings import Settings
from components.stores.runs import Runs
from pipelines.images import ROOT
from pipelines.pods import failures
from tests.builders import COLUMNS, header, sections
from tests.kubernetes.conftest import apply, eventually, overlay

pytestmark = pytest.mark.kubernetes

HARDENED = client.V1SecurityContext(
    allow_privilege_escalation=False,
    read_only_root_filesystem=True,
    capabilities=client.V1Capabilities(drop=["ALL"]),
)
TABLE = sections()["table"]
ROWS = "at,id,size,colour,sold\n2013-01-01T00:00:00Z,1,2.5,red,true\n2013-01-02T00:00:00Z,2,3.5,blue,false\n"


def step_pod(image: str, run: str, rows: str) -> client.V1Pod:
    """A pod as KFP makes it for the step `extract`: its command to the letter, its label, no root, no writing but to /tmp."""
    sections = {"extraction": {"tables": {"sales": rows}}, "table": TABLE, "schema": {"columns": COLUMNS}}
    inputs = {"parameterValues": {**sections, "as_of": "2013-03-01"}}
    report = {"name": "report", "uri": "/tmp/report", "type": {"schemaTitle": "system.Artifact"}}
    outputs = {
        "outputFile": "/dev/stdout",
        "artifacts": {"report": {"artifacts": [report]}},
        "parameters": {name: {"outputFile": f"/tmp/{name}"} for name in ("Output", "views")},
    }
    words = ["--executor_input", json.dumps({"inputs": inputs, "outputs": outputs})]
    environment = {"EVERGREEN_DATA": "/data", "EVERGREEN_STORE": "/tmp/store"}
    main = client.V1Container(
        name="main",
        image=image,
        image_pull_policy="IfNotPresent",
        command=extract.component_spec.implementation.container.command,
        args=[*words, "--function_to_execute", "extract"],
        env=[client.V1EnvVar(name=name, value=value) for name, value in environment.items()],
        security_context=HARDENED,
        volume_mounts=[
            client.V1VolumeMount(name="tmp", mount_path="/tmp"),
            client.V1VolumeMount(name="data", mount_path="/data"),
        ],
    )
    rows_of = client.V1ConfigMapVolumeSource(name="rows")
    return client.V1Pod(
        metadata=client.V1ObjectMeta(name=f"extract-{secrets.token_hex(3)}", labels={"pipeline/runid": run}),
        spec=client.V1PodSpec(
            restart_policy="Never",
            automount_service_account_token=False,
            security_context=client.V1PodSecurityContext(
                run_as_non_root=True, seccomp_profile=client.V1SeccompProfile(type="RuntimeDefault")
            ),
            containers=[main],
            volumes=[
                client.V1Volume(name="tmp", empty_dir=client.V1EmptyDirVolumeSource()),
                client.V1Volume(name="data", config_map=rows_of),
            ],
        ),
    )


def ended(core: client.CoreV1Api, namespace: str, name: str) -> str:
    """How a pod ended."""

    def phase() -> str | None:
        found = core.read_namespaced_pod_status(name, namespace).status.phase
        return found if found in ("Succeeded", "Failed") else None

    return str(eventually(phase, 180, f"the end of pod {name}"))


@pytest.fixture
def ran(api, namespace, images):
    """Run the step on a file of that name: how its pod ended, what it said, and the run."""
    core = client.CoreV1Api(api)
    rows = client.V1ConfigMap(metadata=client.V1ObjectMeta(name="rows"), data={"sales.csv": ROWS})
    core.create_namespaced_config_map(namespace, rows)

    def run(name: str) -> tuple[str, str, str]:
        run = secrets.token_hex(8)
        pod = step_pod(images["steps"], run, name)
        core.create_namespaced_pod(namespace, pod)
        phase = ended(core, namespace, pod.metadata.name)
        return phase, core.read_namespaced_pod_log(pod.metadata.name, namespace), run

    return run


def test_a_step_runs_in_a_pod_and_gives_its_snapshot(ran):
    phase, log, _ = ran("sales.csv")

    assert phase == "Succeeded", log
    assert '"Output": "/tmp/store/snapshots/' in log


def test_a_failed_step_is_told_in_its_own_words(ran, namespace):
    phase, log, run = ran("absent.csv")

    assert phase == "Failed", log
    (failure,) = failures(run, namespace)
    assert failure.step == "extract"
    assert "absent.csv" in failure.error
    assert "\n" not in failure.error


def test_the_metadata_store_keeps_runs(api, namespace, images):
    kinds = ("ServiceAccount", "PersistentVolumeClaim", "Service", "Deployment")
    apply([one for one in overlay("kind", namespace) if one["kind"] in kinds])
    apps, core = client.AppsV1Api(api), client.CoreV1Api(api)
    eventually(
        lambda: apps.read_namespaced_deployment("mlflow", namespace).status.ready_replicas, 240, "MLflow"
    )
    address = core.read_namespaced_service("mlflow", namespace).spec.cluster_ip
    runs = Runs(Settings(tracking_uri=f"http://{address}:5000", _env_file=None))

    runs.attach(runs.open(header("r1")), {"reports/readme.md": ROOT / "README.md"})

    assert [run.run for run in runs.history("shop")] == ["r1"]
    assert "Evergreen" in runs._text(runs.find("r1"), "reports/readme.md")
