"""Fields that a write through one endpoint can neither change nor own: `status` by the main one, and vice versa."""

from __future__ import annotations

from deployctl.sandbox.fields.elements import Path, field
from deployctl.sandbox.fields.sets import EMPTY, FieldSet
from deployctl.sandbox.schema.kinds import Kind

_NEVER_OWNED = (
    "apiVersion", "kind", "metadata", "metadata.name", "metadata.namespace", "metadata.creationTimestamp",
    "metadata.selfLink", "metadata.uid", "metadata.clusterName", "metadata.generation", "metadata.managedFields",
    "metadata.resourceVersion",
)  # fmt: skip

_STATUS_ALSO_RESETS = {
    "pods": ("metadata.deletionTimestamp", "metadata.ownerReferences"),
    "deployments.apps": ("metadata.labels",),
}


def _path(dotted: str) -> Path:
    return tuple(field(name) for name in dotted.split("."))


NEVER_OWNED: FieldSet = frozenset(map(_path, _NEVER_OWNED))


def reset_fields(kind: Kind, subresource: str) -> FieldSet:
    """What a write through `subresource` ("" is the object itself) ignores."""
    if subresource == "":
        return frozenset({_path("status")}) if "status" in kind.subresources else EMPTY
    if subresource == "status":
        return frozenset(map(_path, ("spec", *_STATUS_ALSO_RESETS.get(kind.resource, ()))))
    return EMPTY
