"""What an API server makes by itself when it starts on an empty store."""

from __future__ import annotations

import gzip
import json
import uuid
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from deployctl.sandbox.api.strategy import timestamp
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.store import clone

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster

NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
_MANAGER = "kube-apiserver"


@cache
def _objects() -> list[Object]:
    """Made by `scripts/api-server-data` from a real API server."""
    packed = resources.files("deployctl.sandbox.api").joinpath("data/bootstrap.json.gz").read_bytes()
    read: list[Object] = json.loads(gzip.decompress(packed))
    return read


def bootstrap(cluster: Cluster) -> None:
    """Namespaces, RBAC's defaults, priority classes and the rest; what is there stays as it is."""
    for name in NAMESPACES:
        if cluster.get("namespaces", None, name) is None:
            cluster.create("namespaces", {"metadata": {"name": name}}, manager=_MANAGER)
    now = timestamp(cluster.clock.now())
    for template in _objects():
        kind = cluster.kinds.of(template["apiVersion"], template["kind"])
        metadata = template["metadata"]
        if kind and cluster.live(kind, metadata.get("namespace", ""), metadata["name"]) is None:
            obj: Object = clone(template)
            obj["metadata"] |= {"uid": str(uuid.uuid4()), "creationTimestamp": now}
            cluster.put(kind, obj)
    if cluster.get("services", "default", "kubernetes") is None:
        cluster.create("services", _service(cluster), manager=_MANAGER)


def _service(cluster: Cluster) -> Object:
    labels = {"component": "apiserver", "provider": "kubernetes"}
    port = {"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}
    address = cluster.addresses.first
    return {
        "metadata": {"name": "kubernetes", "namespace": "default", "labels": labels},
        "spec": {"clusterIP": address, "clusterIPs": [address], "ports": [port], "type": "ClusterIP"},
    }
