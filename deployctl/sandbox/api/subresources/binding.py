"""Binding: how a scheduler puts a pod on a node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployctl.sandbox.api.errors import bad_request, conflict, invalid, not_found
from deployctl.sandbox.api.http import options
from deployctl.sandbox.api.http.call import Call, Reply
from deployctl.sandbox.api.http.codec import decoded
from deployctl.sandbox.api.kinds import resource_of
from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.api.strategy import timestamp
from deployctl.sandbox.api.tables.text import get
from deployctl.sandbox.api.writer import Writer
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.validation.cause import Cause
from deployctl.sandbox.store import clone

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster


def create(cluster: Cluster, kind: Kind, call: Call) -> Reply:
    """POST of a Binding, to the pod's subresource or to `bindings`. Raises ApiError."""
    body = decoded(call)
    name = get(body, "metadata.name", "")
    if call.info.name and name != call.info.name:
        raise bad_request("name in URL does not match name in Binding object")
    node = get(body, "target.name", "")
    if not node:
        cause = Cause("FieldValueRequired", "Required value", "target.name")
        raise invalid(resource_of(kind), name, [cause])
    bind(cluster, kind, call.info.namespace, name, node, options.writer(call))
    return Reply.of({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}, 201)


def bind(cluster: Cluster, kind: Kind, namespace: str, name: str, node: str, writer: Writer) -> Object:
    """The bound pod. Raises ApiError: 404, 409 when it has a node already or is going."""
    pod = cluster.live(kind, namespace, name)
    if pod is None:
        raise not_found(resource_of(kind), name)
    if pod["metadata"].get("deletionTimestamp"):
        raise conflict(resource_of(kind), name, f"pod {name} is being deleted, cannot be assigned to a host")
    assigned = get(pod, "spec.nodeName", "")
    if assigned:
        raise conflict(resource_of(kind), name, f'pod {name} is already assigned to node "{assigned}"')
    if writer.dry_run:
        return pod
    bound: Object = clone(pod)
    bound["spec"]["nodeName"] = node
    bound["status"] = {**(bound.get("status") or {}), "conditions": _scheduled(cluster, bound)}
    return cluster.put(kind, bound)


def _scheduled(cluster: Cluster, pod: Object) -> list[Object]:
    condition = {
        "type": "PodScheduled",
        "status": "True",
        "lastProbeTime": None,
        "lastTransitionTime": timestamp(cluster.clock.now()),
    }
    others = [c for c in get(pod, "status.conditions", []) if c["type"] != "PodScheduled"]
    return [*others, condition]
