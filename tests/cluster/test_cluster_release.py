"""A service released end to end on a real cluster, from the state that the documented kubectl commands leave."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from released_tree import Tree, copy_of_example

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("cluster-release")]

NAMESPACE = "klinematrix-e2e"
OVERLAY = ".pipeline/k8s/overlays/lab/kustomization.yaml"
RENDER = f"kubectl kustomize --load-restrictor=LoadRestrictionsNone {Path(OVERLAY).parent}"
BACKEND = "klinecubic/backend"


def lab_image(reference: str, version: str, *arguments: str) -> str:
    """Build and push a small web server with a health document; returns its digest."""
    command = [os.environ["DEPLOYCTL_LAB"], "image", reference, "--version", version, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


class Production:
    """The tree, its cluster, and what is looked at in it."""

    def __init__(self, tree: Tree, registry: str) -> None:
        self.tree, self.registry = tree, registry

    def push(self, version: str) -> str:
        return lab_image(f"{self.registry}/{BACKEND}:prod-v{version}", version)

    def kubectl(self, *arguments: str) -> str:
        return self.tree.kubectl("-n", NAMESPACE, *arguments)

    def get(self, *arguments: str) -> Any:
        return json.loads(self.kubectl("get", *arguments, "-o", "json"))

    def revisions(self) -> list[str]:
        found = self.get("replicasets", "-l", "app=backend")["items"]
        return sorted(r["metadata"]["name"] for r in found)

    def image(self) -> str:
        spec = self.get("deployment", "backend")["spec"]["template"]["spec"]
        return str(spec["containers"][0]["image"])

    def digests(self) -> set[str]:
        pods = self.get("pods", "-l", "app=backend")["items"]
        return {p["status"]["containerStatuses"][0]["imageID"].rpartition("@")[2] for p in pods}

    def apply_as_documented(self) -> None:
        rendered = self.tree.run("sh", "-c", RENDER, check=True).out
        self.tree.kubectl("apply", "-f", "-", stdin=rendered)


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    registry = os.environ["LAB_PRIVATE_REGISTRY"]
    environment = {
        "KUBECONFIG": os.environ["KUBECONFIG"],
        "DEPLOYCTL_ENV": "lab",
        "DEPLOYCTL_NAMESPACE": NAMESPACE,
        "DEPLOYCTL_LOGIN_SERVER": registry,
    }
    tree = copy_of_example(tmp_path_factory.mktemp("release") / "tree", environment)
    tree.replace(OVERLAY, "registry.lab.test", registry)
    tree.replace(OVERLAY, "klinematrix-lab", NAMESPACE)
    tree.run("git", "commit", "--quiet", "-am", "the lab's registry", check=True)
    subject = Production(tree, registry)
    prepare(subject)
    yield subject
    tree.run("kubectl", "delete", "namespace", NAMESPACE, "--wait=false")


def prepare(production: Production) -> None:
    """What is there before deployctl: images, secrets, version 0.8.7 applied by kubectl."""
    tree, registry = production.tree, production.registry
    production.push("0.8.7")
    for name, version in (("klinecubic/frontend:prod-v0.11.4", "KlineMatrix"), ("mirror/mongo:7.0", "7.0")):
        lab_image(f"{registry}/{name}", version)
    lab_image(f"{registry}/mirror/redis:7-alpine", "7")
    tree.run("kubectl", "delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait")
    tree.kubectl("create", "namespace", NAMESPACE)
    secrets = {
        **{f"{name}": "x" for name in ("MONGODB_USERNAME", "MONGODB_PASSWORD", "MONGODB_URL", "DASHSCOPE_API_KEY")},
        **dict.fromkeys(("JWT_SECRET", "ALPACA_API_KEY", "ALPHA_VANTAGE_API_KEY"), "x"),
        "REGISTRY": registry,
        "REGISTRY_USERNAME": os.environ["LAB_PRIVATE_USER"],
        "REGISTRY_PASSWORD": os.environ["LAB_PRIVATE_PASSWORD"],
    }
    Tree(tree.folder, {**tree.environment, **secrets}).run(
        "sh", ".pipeline/scripts/create-secrets", NAMESPACE, check=True
    )
    production.apply_as_documented()
    production.kubectl("rollout", "status", "deployment/backend", "--timeout=120s")
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "outside", "namespace": NAMESPACE},
        "spec": {"type": "NodePort", "selector": {"app": "backend"}, "ports": [{"port": 8000}]},
    }
    tree.kubectl("apply", "-f", "-", stdin=json.dumps(service))
    port = production.get("service", "outside")["spec"]["ports"][0]["nodePort"]
    production.tree = Tree(tree.folder, {**tree.environment, "DEPLOYCTL_URL": f"http://127.0.0.1:{port}"})


def test_01_a_release_makes_exactly_one_new_revision_and_proves_what_runs(production: Production) -> None:
    digest = production.push("0.8.8")
    before = production.revisions()
    result = production.tree.json("release", "backend", "--yes", "--version", "0.8.8")
    assert result.outcome["exit_code"] == result.code == 0, result
    assert len(production.revisions()) == len(before) + 1
    assert production.digests() == {digest}
    assert production.tree.diff() == [
        '-    newTag: "prod-v0.8.7" # from backend/pyproject.toml',
        '+    newTag: "prod-v0.8.8" # from backend/pyproject.toml',
    ]
    assert result.named("downtime-measured")[0]["requests"] > 0


def test_02_the_same_release_again_does_nothing(production: Production) -> None:
    before = production.revisions()
    result = production.tree.json("release", "backend", "--yes")
    assert (result.code, result.outcome["outcome"]) == (0, "nothing-to-do")
    assert production.revisions() == before


def test_03_kubectl_apply_of_the_same_tree_makes_no_new_revision(production: Production) -> None:
    before = production.revisions()
    production.apply_as_documented()
    time.sleep(2)
    assert production.revisions() == before
    assert production.tree.deployctl("verify", "backend").code == 0


def test_04_a_tag_that_was_pushed_anew_is_refused_until_a_restart_is_asked_for(production: Production) -> None:
    digest = lab_image(f"{production.registry}/{BACKEND}:prod-v0.8.8", "0.8.8", "--megabytes", "0.1")
    assert production.digests() != {digest}
    before = production.revisions()
    refused = production.tree.json("release", "backend", "--yes")
    assert (refused.code, refused.outcome["problem"]["incident"]) == (3, "DEPLOY001")
    assert production.tree.deployctl("verify", "backend").code == 6
    assert production.revisions() == before
    restarted = production.tree.json("release", "backend", "--yes", "--restart")
    assert restarted.code == 0, restarted
    assert len(production.revisions()) == len(before) + 1
    assert production.digests() == {digest}


def test_05_kubectl_apply_after_the_restart_makes_no_new_revision(production: Production) -> None:
    before = production.revisions()
    production.apply_as_documented()
    time.sleep(2)
    assert production.revisions() == before


def test_06_verify_notices_an_image_that_was_set_by_hand(production: Production) -> None:
    assert production.tree.deployctl("verify", "backend").code == 0
    production.kubectl("set", "image", "deployment/backend", f"backend={production.registry}/{BACKEND}:prod-v0.8.7")
    production.kubectl("rollout", "status", "deployment/backend", "--timeout=60s")
    result = production.tree.json("verify", "backend")
    assert (result.code, result.outcome["outcome"]) == (6, "mismatch")
    bad = {(c["subject"], c["fact"]) for c in result.named("verified")[0]["checks"] if not c["good"]}
    assert ("deployment/backend", "live image") in bad


def test_07_rollback_returns_to_what_served_before_the_first_release(production: Production) -> None:
    production.tree.json("release", "backend", "--yes")
    first = production.digests()
    result = production.tree.json("rollback", "backend", "--yes")
    assert result.code == 0, result
    assert production.image() == f"{production.registry}/{BACKEND}:prod-v0.8.7"
    assert production.digests() != first
    assert production.tree.diff() == []
    assert production.tree.deployctl("verify", "backend").code == 0


def test_08_history_tells_it_all(production: Production) -> None:
    releases = production.tree.json("history").named("history-read")[0]["releases"]
    told = [(r["operation"], r["outcome"], r["images"][0]["version"]) for r in releases]
    assert told[-1] == ("adopted", "done", "0.8.7")
    assert told[0] == ("rollback", "done", "0.8.7")
    assert ("release", "done", "0.8.8") in told


def test_09_a_tag_that_does_not_exist_costs_nothing(production: Production) -> None:
    before = production.revisions()
    result = production.tree.json("release", "backend", "--yes", "--version", "9.9.9")
    assert (result.code, result.outcome["outcome"]) == (3, "refused")
    assert production.revisions() == before
    assert production.tree.diff() == []
