"""A StatefulSet whose bad pod stays bad, on a real cluster: diagnosed, named, and deleted only when asked."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from released_tree import Tree

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("cluster-stuck")]

NAMESPACE = "diagnose-stuck"
CONFIGURATION = """
default_environment = "lab"
[registry]
kind = "oci"
login_server = "{registry}"
builder = "none"
[environments.lab]
namespace = "diagnose-stuck"
overlay = "deploy"
repository = "diagnose/{{service}}"
tag = "v{{version}}"
[services.db]
image = "shop/db"
workloads = ["statefulset/db"]
[policies]
repeats = 2
settle = 3
[policies.thresholds]
stuck = 4
"""
KUSTOMIZATION = """
namespace: diagnose-stuck
resources: [db.yaml]
images:
- name: shop/db
  newName: {registry}/diagnose/db
  newTag: v1
"""
DB = """
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {clusterIP: None, selector: {app: db}, ports: [{port: 8000}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 1
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: db
        image: shop/db
        readinessProbe: {httpGet: {path: /api/health, port: 8000}, periodSeconds: 1}
        resources: {requests: {memory: 32Mi}, limits: {memory: 128Mi}}
"""


def push(registry: str, version: str, *arguments: str) -> None:
    reference = f"{registry}/diagnose/db:v{version}"
    command = [os.environ["DEPLOYCTL_LAB"], "image", reference, "--version", version, *arguments]
    subprocess.run(command, check=True, capture_output=True, text=True)


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    registry = os.environ["LAB_REGISTRY"]
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deployctl.toml").write_text(CONFIGURATION.format(registry=registry))
    (tmp_path / "deploy/kustomization.yaml").write_text(KUSTOMIZATION.format(registry=registry))
    (tmp_path / "deploy/db.yaml").write_text(DB)
    tree = Tree(tmp_path, {"KUBECONFIG": os.environ["KUBECONFIG"]})
    push(registry, "1")
    push(registry, "2", "--run", "echo no such table; exit 3")
    push(registry, "3")
    tree.run("kubectl", "delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait", check=True)
    tree.kubectl("create", "namespace", NAMESPACE)
    tree.kubectl("apply", "-k", "deploy")
    tree.kubectl("-n", NAMESPACE, "rollout", "status", "statefulset/db", "--timeout=60s")
    yield tree
    tree.run("kubectl", "delete", "namespace", NAMESPACE, "--wait=false")


def pod(tree: Tree) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(tree.kubectl("-n", NAMESPACE, "get", "pod", "db-0", "-o", "json"))
    return found


def test_a_bad_pod_that_stays_is_named_and_deleted_only_on_request(tree: Tree) -> None:
    assert tree.json("diagnose", "db").code == 0

    bad = tree.json("release", "db", "--yes", "--version", "2")
    assert (bad.code, bad.named("diagnosed")[0]["diagnosis"]["cause"]) == (5, "crash-loop"), bad
    told = tree.deployctl("diagnose", "db")
    assert (told.code, told.out.splitlines()[0][:11]) == (6, "crash-loop:"), told
    assert "no such table" in told.out
    uid = pod(tree)["metadata"]["uid"]

    plan = tree.json("plan", "db", "--version", "3").named("planned")[0]["plan"]
    assert "statefulset-stuck-pod" in [w["id"] for w in plan["warnings"]]
    stuck = tree.json("release", "db", "--yes", "--version", "3")
    assert (stuck.code, stuck.named("diagnosed")[0]["diagnosis"]["cause"]) == (5, "statefulset-stuck-pod"), stuck
    assert pod(tree)["metadata"]["uid"] == uid, "nothing is deleted unasked"

    fixed = tree.json("release", "db", "--yes", "--version", "3", "--delete-stuck-pod")
    assert fixed.code == 0, fixed
    assert pod(tree)["spec"]["containers"][0]["image"].endswith(":v3")
    record = tree.json("history").named("history-read")[0]["releases"][0]
    assert [line.partition(":")[0] for line in record["removed"]] == ["pod/db-0"]
    assert tree.json("diagnose", "db").code == 0
