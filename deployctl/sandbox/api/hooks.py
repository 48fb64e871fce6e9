"""What the server does after a write: finalizers that ran out, kinds and namespaces that come and go."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from deployctl.sandbox.api import aggregation, definition_life, namespace_life, secrets
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

    def updated(self, kind: Kind, before: Object, obj: Object) -> None:
        if finalized(obj):
            self._cluster.purge(kind, obj)
            return
        action = _UPDATED.get(kind.resource)
        if action:
            action(self._cluster, before, obj)

    def removed(self, kind: Kind, obj: Object) -> None:
        action = _REMOVED.get(kind.resource)
        if action:
            action(self._cluster, obj)
        if kind.custom:
            definition_life.emptied(self._cluster, kind.resource)
        if kind.namespaced:
            namespace_life.emptied(self._cluster, obj["metadata"]["namespace"])


def _aggregate(cluster: Cluster, *_objects: Object) -> None:
    aggregation.aggregate(cluster)


def _claim(cluster: Cluster, service: Object) -> None:
    cluster.addresses.claim(service)


def _reclaim(cluster: Cluster, before: Object, service: Object) -> None:
    cluster.addresses.release(before)
    cluster.addresses.claim(service)


def _release(cluster: Cluster, service: Object) -> None:
    cluster.addresses.release(service)


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
}
_REMOVED: dict[str, Callable[[Cluster, Object], None]] = {
    DEFINITIONS: definition_life.withdraw,
    aggregation.RESOURCE: _aggregate,
    "services": _release,
}
