"""What the server does after a write: finalizers that ran out, namespaces that are made or emptied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployctl.sandbox.api import namespace_life
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
        if kind.resource == "namespaces":
            namespace_life.furnish(self._cluster, obj)

    def updated(self, kind: Kind, before: Object, obj: Object) -> None:
        if finalized(obj):
            self._cluster.purge(kind, obj)
        elif kind.resource == "namespaces":
            namespace_life.advance(self._cluster, before, obj)

    def removed(self, kind: Kind, obj: Object) -> None:
        if kind.namespaced:
            namespace_life.emptied(self._cluster, obj["metadata"]["namespace"])
