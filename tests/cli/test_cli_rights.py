"""What deployctl must be allowed: the Role in docs/operations.md suffices, and what is missing is named beforehand."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml
from rehearsal import BACKEND, NAMESPACE, Rehearsal
from released_tree import Tree

OPERATIONS = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
CLUSTER_SCOPED = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRole",
    "metadata": {"name": "deployctl"},
    "rules": [
        {"apiGroups": [group], "resources": [resource], "verbs": ["get", "create", "patch", "escalate", "bind"]}
        for group, resource in (
            ("", "namespaces"),
            ("rbac.authorization.k8s.io", "clusterroles"),
            ("rbac.authorization.k8s.io", "clusterrolebindings"),
            ("cert-manager.io", "clusterissuers"),
        )
    ],
}


def documented_role() -> dict[str, Any]:
    fences = re.findall(r"^```yaml\n(.*?)^```", OPERATIONS.read_text(), re.M | re.S)
    role: dict[str, Any] = next(body for body in map(yaml.safe_load, fences) if body.get("kind") == "Role")
    return role


def as_service_account(production: Rehearsal, role: dict[str, Any]) -> Tree:
    """The tree with the kubeconfig of an account that has this Role and the cluster-scoped rights."""
    binding: dict[str, Any] = {"subjects": [{"kind": "ServiceAccount", "name": "releaser", "namespace": NAMESPACE}]}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "name": "deployctl"}
    objects: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "releaser", "namespace": NAMESPACE}},
        role,
        CLUSTER_SCOPED,
        *(
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": f"{kind}Binding",
                "metadata": {"name": "deployctl", **({"namespace": NAMESPACE} if kind == "Role" else {})},
                **binding,
                "roleRef": {**reference, "kind": kind},
            }
            for kind in ("Role", "ClusterRole")
        ),
    ]
    production.kubectl_apply(*objects)
    token = production.kubectl("create", "token", "releaser").strip()
    kubeconfig = json.loads(production.sandbox.kubeconfig.read_text())
    kubeconfig["users"][0]["user"] = {"token": token}
    path = production.tree.folder.parent / "releaser.kubeconfig"
    path.write_text(json.dumps(kubeconfig))
    return Tree(production.tree.folder, {**production.tree.environment, "DEPLOYCTL_KUBECONFIG": str(path)})


def test_the_documented_role_suffices_for_a_release_and_the_way_back(production: Rehearsal) -> None:
    tree = as_service_account(production, documented_role())
    result = tree.json("release", "backend", "--yes")
    assert result.code == 0, result
    assert production.image() == f"{BACKEND}:prod-v0.8.8"
    assert tree.json("history").named("history-read")[0]["releases"][0]["outcome"] == "done"
    assert tree.json("rollback", "--yes").code == 0


def test_a_missing_right_is_named_before_anything_is_written(production: Rehearsal) -> None:
    role = documented_role()
    role["rules"] = [rule for rule in role["rules"] if "cronjobs" not in rule["resources"]]
    tree = as_service_account(production, role)
    result = tree.json("release", "backend", "--yes")
    assert (result.code, result.outcome["outcome"]) == (3, "refused"), result
    assert {"patch cronjobs.batch", "get cronjobs.batch"} <= set(result.outcome["problem"]["evidence"])
    assert production.image() == f"{BACKEND}:prod-v0.8.7"
    assert tree.diff() == []
