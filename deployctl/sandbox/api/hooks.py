"""What the server does after a write: finalizers that ran out, kinds and namespaces that come and go."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from deployctl.sandbox.api import aggregation, definition_life, namespace_life, protection, quotas, secrets
from deployctl.sandbox.api.definitions import RESOURCE as DEFINITIONS
from deployctl.sandbox.api.deleting import finalized
from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.contracts import Object

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster


class Hooks:
    """Called by the write path once something is stored."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def created(self, kind: Kind, obj: Object) -> None:
        action = _CREATED.get(kind.resource)
        if action:
            action(self._cluster, obj)
        self._count(kind, obj)

    def updated(self, kind: Kind, before: Object, obj: Object) -> None:
        if finalized(obj):
            self._cluster.purge(kind, obj)
            return
        action = _UPDATED.get(kind.resource)
        if action:
            action(self._cluster, before, obj)
        if (kind.resource in _COUNTED_WHEN_CHANGED and before.get("spec") != obj.get("spec")) or _ended(kind, obj):
            self._count(kind, obj)

    def removed(self, kind: Kind, obj: Object) -> None:
        action = _REMOVED.get(kind.resource)
        if action:
            action(self._cluster, obj)
        if kind.custom:
            definition_life.emptied(self._cluster, kind.resource)
        self._count(kind, obj)
        if kind.namespaced:
            namespace_life.emptied(self._cluster, obj["metadata"]["namespace"])

    def _count(self, kind: Kind, obj: Object) -> None:
        if kind.namespaced and kind.resource != "events":
            quotas.refresh(self._cluster, obj["metadata"]["namespace"])


_COUNTED_WHEN_CHANGED = {"resourcequotas", "pods", "services", "persistentvolumeclaims"}


def _ended(kind: Kind, obj: Object) -> bool:
    return kind.resource == "pods" and (obj.get("status") or {}).get("phase") in {"Succeeded", "Failed"}


def _aggregate(cluster: Cluster, *_objects: Object) -> None:
    aggregation.aggregate(cluster)


def _claim(cluster: Cluster, service: Object) -> None:
    cluster.addresses.claim(service)


def _reclaim(cluster: Cluster, before: Object, service: Object) -> None:
    cluster.addresses.release(before)
    cluster.addresses.claim(service)


def _release(cluster: Cluster, service: Object) -> None:
    cluster.addresses.release(service)


def _unprotect(resource: str) -> Callable[[Cluster, Object, Object], None]:
    return lambda cluster, _before, obj: protection.release(cluster, resource, obj)


_CREATED: dict[str, Callable[[Cluster, Object], None]] = {
    "namespaces": namespace_life.furnish,
    DEFINITIONS: definition_life.serve,
    aggregation.RESOURCE: _aggregate,
    "services": _claim,
    "secrets": secrets.fill,
}
_UPDATED: dict[str, Callable[[Cluster, Object, Object], None]] = {
    "namespaces": namespace_life.advance,
    DEFINITIONS: definition_life.advance,
    aggregation.RESOURCE: _aggregate,
    "services": _reclaim,
    "persistentvolumeclaims": _unprotect("persistentvolumeclaims"),
    "persistentvolumes": _unprotect("persistentvolumes"),
}
_REMOVED: dict[str, Callable[[Cluster, Object], None]] = {
    DEFINITIONS: definition_life.withdraw,
    aggregation.RESOURCE: _aggregate,
    "services": _release,
    "pods": protection.pod_gone,
    "persistentvolumeclaims": protection.claim_gone,
}
