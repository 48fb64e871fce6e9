"""Which kinds are served: by two requests, and on servers that know no aggregated discovery by as many as it takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from connected import connected
from scripted_http import Asked, Say, serving

from deployctl.adapters.kubernetes.definitions import defined_kinds
from deployctl.adapters.kubernetes.discovery import discover
from deployctl.adapters.kubernetes.reader import KubernetesCluster
from deployctl.model.errors import Unavailable
from deployctl.model.manifest import ObjectRef, manifest
from deployctl.ports import Kind

POD = Kind("v1", "Pod", "pods", namespaced=True)
ISSUER = Kind("cert-manager.io/v1", "ClusterIssuer", "clusterissuers", namespaced=False)


def aggregated(group: str, version: str, kind: str, plural: str, scope: str) -> dict[str, object]:
    resource = {
        "resource": plural,
        "responseKind": {"group": "", "version": "", "kind": kind},
        "scope": scope,
        "subresources": [{"subresource": "status", "responseKind": {"kind": "Other"}}],
    }
    virtual = {"resource": "virtual", "scope": scope}  # has subresources only
    item = {"metadata": {"name": group}, "versions": [{"version": version, "resources": [resource, virtual]}]}
    return {"kind": "APIGroupDiscoveryList", "items": [item]}


def modern(asked: Asked) -> Say:
    assert "as=APIGroupDiscoveryList" in asked.headers["Accept"]
    core = asked.path == "/api"
    group = ("", "v1", "Pod", "pods", "Namespaced")
    return Say(
        body=aggregated(*(group if core else ("cert-manager.io", "v1", "ClusterIssuer", "clusterissuers", "Cluster")))
    )


def old(asked: Asked) -> Say:
    resource = {"name": "pods", "kind": "Pod", "namespaced": True}
    status = {"name": "pods/status", "kind": "Pod", "namespaced": True}
    issuer = {"name": "clusterissuers", "kind": "ClusterIssuer", "namespaced": False}
    answers: dict[str, dict[str, object]] = {
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {"kind": "APIGroupList", "groups": [{"versions": [{"groupVersion": "cert-manager.io/v1"}]}]},
        "/api/v1": {"groupVersion": "v1", "resources": [resource, status]},
        "/apis/cert-manager.io/v1": {"groupVersion": "cert-manager.io/v1", "resources": [issuer]},
    }
    return Say(body=answers[asked.path])


def test_two_requests_tell_everything(tmp_path: Path) -> None:
    with serving(modern) as served:
        kinds = discover(connected(tmp_path, f"http://{served.address}"))

    assert kinds == {("v1", "Pod"): POD, ("cert-manager.io/v1", "ClusterIssuer"): ISSUER}
    assert sorted(asked.path for asked in served.asked) == ["/api", "/apis"]


def test_an_old_server_is_asked_group_by_group(tmp_path: Path) -> None:
    with serving(old) as served:
        kinds = discover(connected(tmp_path, f"http://{served.address}"))

    assert kinds == {("v1", "Pod"): POD, ("cert-manager.io/v1", "ClusterIssuer"): ISSUER}


def test_it_is_asked_once_and_again_only_after_a_new_kind(tmp_path: Path) -> None:
    with serving(modern) as served:
        cluster = KubernetesCluster(connected(tmp_path, f"http://{served.address}"))
        for _ in range(3):
            cluster.kinds()
        before = len(served.asked)
        cluster.forget_kinds()
        cluster.kinds()

    assert (before, len(served.asked)) == (2, 4)


def test_discovery_that_is_refused_is_said(tmp_path: Path) -> None:
    with serving(lambda _: Say(403, {"message": "no"})) as served, pytest.raises(Unavailable):
        discover(connected(tmp_path, f"http://{served.address}"))


def test_a_kind_that_is_not_served_is_absent_without_asking_for_it(tmp_path: Path) -> None:
    with serving(modern) as served:
        cluster = KubernetesCluster(connected(tmp_path, f"http://{served.address}"))
        assert cluster.get((ObjectRef("example.com/v1", "Gizmo", "shop", "a"),)) == {}

    assert len(served.asked) == 2


def test_a_definition_brings_the_versions_that_it_serves() -> None:
    spec = {
        "group": "example.com",
        "scope": "Cluster",
        "names": {"kind": "Gizmo", "plural": "gizmos"},
        "versions": [{"name": "v1", "served": True}, {"name": "v0", "served": False}],
    }
    definition = manifest(
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": "gizmos.example.com"},
            "spec": spec,
        }
    )

    assert defined_kinds(definition) == (Kind("example.com/v1", "Gizmo", "gizmos", namespaced=False),)
