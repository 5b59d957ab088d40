"""The Kubernetes example: what it names is what the server has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.deployment.paths import ROOT

from jobai_server.settings import ServerSettings


@pytest.fixture(scope="module")
def documents() -> dict[str, dict[str, Any]]:
    text = (ROOT / "deploy" / "kubernetes" / "jobai-server.yaml").read_text()
    return {document["kind"]: document for document in yaml.safe_load_all(text)}


def test_parts_find_each_other(documents: dict[str, dict[str, Any]]) -> None:
    deployment = documents["Deployment"]
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"] == labels == documents["Service"]["spec"]["selector"]
    assert documents["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]["name"] == deployment["metadata"]["name"]


def test_pod_has_time_to_drain_and_a_gpu(documents: dict[str, dict[str, Any]]) -> None:
    pod = documents["Deployment"]["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] > 2 * ServerSettings().drain_seconds
    [server] = pod["containers"]
    assert server["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert server["readinessProbe"]["httpGet"]["path"] == server["startupProbe"]["httpGet"]["path"] == "/health"
    assert {mount["name"] for mount in server["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}


def test_an_upgrade_needs_no_second_gpu_and_is_given_time(documents: dict[str, dict[str, Any]]) -> None:
    spec = documents["Deployment"]["spec"]
    assert spec["strategy"]["rollingUpdate"]["maxSurge"] == 0
    [server] = spec["template"]["spec"]["containers"]
    probe = server["startupProbe"]
    assert spec["progressDeadlineSeconds"] > probe["periodSeconds"] * probe["failureThreshold"]


def test_the_data_directory_is_a_folder_that_the_server_makes_itself(documents: dict[str, dict[str, Any]]) -> None:
    # What is mounted belongs to root, and the server makes its data directory private: it has to own it.
    [server] = documents["Deployment"]["spec"]["template"]["spec"]["containers"]
    [folder] = [variable["value"] for variable in server["env"] if variable["name"] == "JOBAI_DATA_DIRECTORY"]
    mounted = {mount["mountPath"] for mount in server["volumeMounts"]}
    assert folder not in mounted
    assert str(Path(folder).parent) in mounted


def test_autoscaler_goes_by_a_metric_that_exists(documents: dict[str, dict[str, Any]]) -> None:
    [metric] = documents["HorizontalPodAutoscaler"]["spec"]["metrics"]
    assert f"`{metric['pods']['metric']['name']}`" in (ROOT / "docs" / "metrics.md").read_text()
