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
    "podcertificaterequests.certificates.k8s.io": ("metadata",),
    "servicecidrs.networking.k8s.io": ("metadata",),
    "storageversionmigrations.storagemigration.k8s.io": ("metadata",),
    "resourceclaims.resource.k8s.io": ("metadata",),
    "devicetaintrules.resource.k8s.io": ("metadata",),
    "volumeattachments.storage.k8s.io": ("metadata",),
    "csinodes.storage.k8s.io": ("metadata",),
}
_CUSTOM_STATUS_ALSO_RESETS = ("metadata",)


def _path(dotted: str) -> Path:
    return tuple(field(name) for name in dotted.split("."))


NEVER_OWNED: FieldSet = frozenset(map(_path, _NEVER_OWNED))


def reset_fields(kind: Kind, subresource: str) -> FieldSet:
    """What a write through `subresource` ("" is the object itself) ignores."""
    if subresource == "":
        return frozenset({_path("status")}) if "status" in kind.subresources else EMPTY
    if subresource == "status":
        more = _CUSTOM_STATUS_ALSO_RESETS if kind.custom else _STATUS_ALSO_RESETS.get(kind.resource, ())
        return frozenset(map(_path, ("spec", *more)))
    return EMPTY
