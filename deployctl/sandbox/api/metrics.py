"""metrics.k8s.io: what `kubectl top` asks, served from a provider."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from deployctl.sandbox.api.errors import not_found
from deployctl.sandbox.api.http import options
from deployctl.sandbox.api.http.call import Call, Reply
from deployctl.sandbox.api.kinds import resource_of
from deployctl.sandbox.api.reading import labels
from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.contracts import Object

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster

GROUP = "metrics.k8s.io"
_VERBS = ("get", "list")
KINDS = (
    Kind(GROUP, "v1beta1", "NodeMetrics", "nodes", "", namespaced=False, verbs=_VERBS),
    Kind(GROUP, "v1beta1", "PodMetrics", "pods", "", verbs=_VERBS),
)


class Metrics(Protocol):
    """Measurements as metrics-server has them: `metadata`, `timestamp`, `window`, `usage` or `containers`."""

    def nodes(self) -> Sequence[Object]: ...

    def pods(self) -> Sequence[Object]: ...


def serve(cluster: Cluster, kind: Kind, call: Call, metrics: Metrics) -> Reply:
    """Raises ApiError 404 for something that was not measured."""
    measured = metrics.nodes() if kind.plural == "nodes" else metrics.pods()
    chosen = options.chosen(call, kind)
    found = [m for m in measured if not chosen.namespace or m["metadata"].get("namespace") == chosen.namespace]
    if call.info.name:
        named = next((m for m in found if m["metadata"]["name"] == call.info.name), None)
        if named is None:
            raise not_found(resource_of(kind), _full_name(call))
        return Reply.of(_typed(kind, named))
    found = [m for m in found if labels.matches(chosen.labels, _labels(cluster, kind, m))]
    head: dict[str, Any] = {"kind": f"{kind.kind}List", "apiVersion": kind.api_version, "metadata": {}}
    return Reply.of({**head, "items": [_typed(kind, m) for m in found]})


def _full_name(call: Call) -> str:
    return f"{call.info.namespace}/{call.info.name}" if call.info.namespace else call.info.name


def _labels(cluster: Cluster, kind: Kind, measured: Object) -> dict[str, str]:
    """Of what was measured, when the measurement carries none."""
    metadata = measured["metadata"]
    if "labels" in metadata:
        own: dict[str, str] = metadata["labels"]
        return own
    live = cluster.get(kind.plural, metadata.get("namespace"), metadata["name"]) or {"metadata": {}}
    return live["metadata"].get("labels") or {}


def _typed(kind: Kind, measured: Object) -> Object:
    return {"kind": kind.kind, "apiVersion": kind.api_version, **measured}
