"""The scale subresource: any replicated kind seen as autoscaling/v1 Scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deployctl.sandbox.api import patching, writing
from deployctl.sandbox.api.errors import Resource, bad_request, conflict, internal, invalid, not_found
from deployctl.sandbox.api.kinds import resource_of
from deployctl.sandbox.api.patch_request import APPLY, Patch
from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.api.tables.text import get, selector
from deployctl.sandbox.api.writer import Writer
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.validation.cause import Cause
from deployctl.sandbox.store import clone

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster

_SCALE = Resource("autoscaling", "", "Scale")
_DEFAULT = {
    "specReplicasPath": ".spec.replicas",
    "statusReplicasPath": ".status.replicas",
    "labelSelectorPath": "",
}


def scale_of(cluster: Cluster, kind: Kind, obj: Object) -> Object:
    """A Scale of the object's replicas, with the selector of its pods."""
    paths = _paths(cluster, kind)
    metadata = {k: obj["metadata"].get(k) for k in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")}
    status: dict[str, Any] = {"replicas": get(obj, paths["statusReplicasPath"].lstrip("."), 0)}
    shown = _selector(kind, obj, paths)
    if shown:
        status["selector"] = shown
    replicas = get(obj, paths["specReplicasPath"].lstrip("."), 0)
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {key: value for key, value in metadata.items() if value is not None},
        "spec": {"replicas": replicas} if replicas else {},
        "status": status,
    }


def read(cluster: Cluster, kind: Kind, namespace: str, name: str) -> Object:
    """Raises ApiError: 404, 500 for a custom object that has no number to scale."""
    live = _live(cluster, kind, namespace, name)
    path = _paths(cluster, kind)["specReplicasPath"]
    if kind.custom and get(live, path.lstrip(".")) is None:
        raise internal(f'the spec replicas field "{path}" does not exist')
    return scale_of(cluster, kind, live)


def replace(cluster: Cluster, kind: Kind, namespace: str, name: str, scale: Object, writer: Writer) -> Object:
    """Write the Scale's replicas. Raises ApiError: 404, 409 for another resourceVersion, 400, 422."""
    live = _live(cluster, kind, namespace, name)
    metadata = scale.get("metadata") or {}
    if metadata.get("name", name) != name:
        raise bad_request(f"the name of the object ({metadata['name']}) does not match the name on the URL ({name})")
    version = metadata.get("resourceVersion")
    if version and version != live["metadata"]["resourceVersion"]:
        raise conflict(resource_of(kind), name)
    replicas = get(scale, "spec.replicas", 0)
    if not isinstance(replicas, int) or isinstance(replicas, bool):
        raise bad_request("Scale.spec.replicas must be a whole number")
    if replicas < 0:
        text = f"Invalid value: {replicas}: must be greater than or equal to 0"
        raise invalid(_SCALE, name, [Cause("FieldValueInvalid", text, "spec.replicas")])
    obj: Object = clone(live)
    _put(obj, _paths(cluster, kind)["specReplicasPath"].strip(".").split("."), replicas)
    stored = writing.replace(cluster, kind, live, obj, writer, subresource="scale")
    return scale_of(cluster, kind, stored)


def patch(cluster: Cluster, kind: Kind, asked: Patch, writer: Writer) -> Object:
    """A patch of the Scale, not of the object below it. Raises ApiError."""
    before = scale_of(cluster, kind, _live(cluster, kind, asked.namespace, asked.name))
    content = asked.content if isinstance(asked.content, dict) else {}
    if asked.content_type == APPLY:
        replicas = get(content, "spec.replicas", get(before, "spec.replicas", 0))
        after: Object = {**before, "spec": {"replicas": replicas}}
    else:
        after = patching.patched(kind, before, asked)
    sent = get(after, "metadata.resourceVersion")
    if sent == before["metadata"]["resourceVersion"] and "resourceVersion" not in str(content):
        after = {**after, "metadata": {**after["metadata"], "resourceVersion": ""}}
    return replace(cluster, kind, asked.namespace, asked.name, after, writer)


def _paths(cluster: Cluster, kind: Kind) -> dict[str, str]:
    definition = cluster.kinds.definition(kind)
    return {**_DEFAULT, **((definition.scale if definition else None) or {})}


def _selector(kind: Kind, obj: Object, paths: dict[str, str]) -> str:
    if kind.custom:
        path = paths["labelSelectorPath"]
        return str(get(obj, path.lstrip("."), "")) if path else ""
    if kind.resource == "replicationcontrollers":
        return ",".join(f"{k}={v}" for k, v in sorted((get(obj, "spec.selector") or {}).items()))
    return selector(get(obj, "spec.selector"), "")


def _live(cluster: Cluster, kind: Kind, namespace: str, name: str) -> Object:
    live = cluster.live(kind, namespace, name)
    if live is None:
        raise not_found(resource_of(kind), name)
    return live


def _put(obj: Object, path: list[str], value: Any) -> None:
    for part in path[:-1]:
        obj = obj.setdefault(part, {})
    obj[path[-1]] = value
