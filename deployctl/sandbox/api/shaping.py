"""What a client sent, brought into the shape of an object: its kind, its namespace, its name."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from deployctl.sandbox.api.errors import bad_request, invalid
from deployctl.sandbox.api.kinds import resource_of
from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.validation.cause import Cause

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster

_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"
_MAX_GENERATED = 63 - 5


def random_suffix() -> str:
    """Five characters, of the alphabet that the real server uses (no vowels, nothing easily confused)."""
    return "".join(secrets.choice(_SUFFIX) for _ in range(5))


def shaped(cluster: Cluster, kind: Kind, namespace: str | None, obj: Object) -> Object:
    """With apiVersion, kind and namespace as the request says. Raises 400 when they contradict."""
    expected = (kind.api_version, kind.kind)
    given = (obj.get("apiVersion") or expected[0], obj.get("kind") or expected[1])
    if given != expected:
        raise bad_request(_mismatch(cluster, kind, given))
    obj = {
        "kind": kind.kind,
        "apiVersion": expected[0],
        **{k: v for k, v in obj.items() if k not in {"kind", "apiVersion"}},
    }
    metadata = obj["metadata"] = dict(obj.get("metadata") or {})
    if not kind.namespaced:
        metadata.pop("namespace", None)
        return obj
    if namespace and metadata.get("namespace") not in {None, "", namespace}:
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
    metadata["namespace"] = namespace or metadata.get("namespace") or "default"
    return obj


def _mismatch(cluster: Cluster, kind: Kind, given: tuple[str, str]) -> str:
    """What the decoder says of an object of another kind."""
    version = given[0].rpartition("/")[2]
    where = f'{given[1]} in version "{version}" cannot be handled as a {kind.kind}'
    other = cluster.kinds.of(*given)
    if other is None:
        scheme = 'in scheme "pkg/runtime/scheme.go:111"'
        return f'{where}: no kind "{given[1]}" is registered for version "{given[0]}" {scheme}'
    if (other.group, other.kind) == (kind.group, kind.kind):
        return f"the API version in the data ({given[0]}) does not match the expected API version ({kind.api_version})"
    internal = (kind.group.partition(".")[0] or "core").replace("-", "")
    return f"{where}: converting ({version}.{given[1]}) to ({internal}.{kind.kind}): unknown conversion"


def named(kind: Kind, obj: Object) -> None:
    metadata = obj["metadata"]
    prefix = metadata.get("generateName")
    if not metadata.get("name") and prefix:
        metadata["name"] = prefix[:_MAX_GENERATED] + random_suffix()
    if not metadata.get("name"):
        message = "Required value: name or generateName is required"
        raise invalid(resource_of(kind), "", [Cause("FieldValueRequired", message, "metadata.name")])
