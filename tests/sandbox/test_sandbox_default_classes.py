"""Claims and Ingresses without a class get the default one, as the real plug-ins give it."""

from __future__ import annotations

from typing import Any

import pytest

from deployctl.sandbox.api.cluster import Cluster
from deployctl.sandbox.clock import ManualClock

STORAGE = "storageclasses.storage.k8s.io"
CLAIMS = "persistentvolumeclaims"


def cluster_with(**classes: bool) -> Cluster:
    """Storage classes by name; True for a default one."""
    cluster = Cluster(ManualClock())
    for name, is_default in classes.items():
        annotations = {"storageclass.kubernetes.io/is-default-class": str(is_default).lower()}
        metadata = {"name": name, "annotations": annotations}
        cluster.create(STORAGE, {"metadata": metadata, "provisioner": "example.com/disk"}, manager="test")
    return cluster


def claim(**spec: Any) -> dict[str, Any]:
    size = {"resources": {"requests": {"storage": "1Gi"}}, "accessModes": ["ReadWriteOnce"]}
    return {"metadata": {"name": "c", "namespace": "default"}, "spec": {**size, **spec}}


@pytest.mark.parametrize(
    ("classes", "spec", "given"),
    [
        ({"fast": False, "slow": True}, {}, "slow"),
        ({"fast": False}, {}, None),
        ({"fast": True}, {"storageClassName": "other"}, "other"),
        ({"fast": True}, {"storageClassName": ""}, ""),
    ],
)
def test_which_class_a_claim_gets(classes: dict[str, bool], spec: dict[str, Any], given: str | None) -> None:
    created = cluster_with(**classes).create(CLAIMS, claim(**spec), manager="test")
    assert created["spec"].get("storageClassName") == given


def test_an_ingress_gets_the_default_class_unless_it_names_one_the_old_way() -> None:
    cluster = Cluster(ManualClock())
    mark = {"ingressclass.kubernetes.io/is-default-class": "true"}
    cluster.create(
        "ingressclasses.networking.k8s.io",
        {"metadata": {"name": "nginx", "annotations": mark}, "spec": {"controller": "k8s.io/ingress-nginx"}},
        manager="test",
    )
    backend = {"defaultBackend": {"service": {"name": "s", "port": {"number": 80}}}}
    found = []
    for name, notes in (("plain", {}), ("old", {"kubernetes.io/ingress.class": "other"})):
        metadata = {"name": name, "namespace": "default", "annotations": notes}
        created = cluster.create("ingresses.networking.k8s.io", {"metadata": metadata, "spec": backend}, manager="test")
        found.append(created["spec"].get("ingressClassName"))
    assert found == ["nginx", None]
