"""PersistentVolumeClaim, PersistentVolume, StorageClass."""

from __future__ import annotations

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.quantity import parse
from deployctl.sandbox.schema.validation import labels, names, quantities
from deployctl.sandbox.schema.validation.cause import (
    At,
    Causes,
    Struct,
    each_invalid,
    forbidden,
    invalid,
    required,
    unsupported,
)

_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
_BINDING = ("Immediate", "WaitForFirstConsumer")
_RECLAIM = ("Delete", "Recycle", "Retain")
_NOT_SOURCES = frozenset(
    {
        "accessModes", "capacity", "claimRef", "mountOptions", "nodeAffinity", "persistentVolumeReclaimPolicy",
        "storageClassName", "volumeAttributesClassName", "volumeMode",
    }
)  # fmt: skip


def claim(obj: Object) -> Causes:
    yield from claim_spec(At("spec"), obj.get("spec") or {})


def claim_spec(at: At, spec: Struct) -> Causes:
    yield from _access(at / "accessModes", spec.get("accessModes") or [])
    yield from labels.selector(at / "selector", spec.get("selector"))
    requests = (spec.get("resources") or {}).get("requests") or {}
    here = (at / "resources")["storage"]
    if "storage" not in requests:
        yield required(here)
    elif parse(requests["storage"]).value <= 0:
        yield invalid(here, requests["storage"], "must be greater than zero")
    if spec.get("storageClassName"):
        value = spec["storageClassName"]
        yield from each_invalid(at / "storageClassName", value, names.dns_subdomain(value))
    mode = spec.get("volumeMode")
    if mode is not None and mode not in ("Block", "Filesystem"):
        yield unsupported(at / "volumeMode", mode, ("Block", "Filesystem"))


def _access(at: At, modes: list[str]) -> Causes:
    if not modes:
        yield required(at, "at least 1 access mode is required")
    for mode in modes:
        if mode not in _MODES:
            yield unsupported(at, mode, _MODES)
    if "ReadWriteOncePod" in modes and len(set(modes)) > 1:
        yield forbidden(at, "may not use ReadWriteOncePod with other access modes")


def volume(obj: Object) -> Causes:
    at, spec = At("spec"), obj.get("spec") or {}
    modes = spec.get("accessModes") or []
    if not modes:
        yield required(at / "accessModes")
    for mode in modes:
        if mode not in _MODES:
            yield unsupported(at / "accessModes", mode, _MODES)
    capacity = spec.get("capacity") or {}
    if not capacity:
        yield required(at / "capacity")
    elif set(capacity) != {"storage"}:
        yield unsupported(at / "capacity", capacity, ("storage",))
    for name, amount in capacity.items():
        yield from quantities.positive((at / "capacity")[name], amount)
    policy = spec.get("persistentVolumeReclaimPolicy")
    if policy and policy not in _RECLAIM:
        yield unsupported(at / "persistentVolumeReclaimPolicy", policy, _RECLAIM)
    sources = [key for key in spec if key not in _NOT_SOURCES]
    if not sources:
        yield required(at, "must specify a volume type")
    for source in sources[1:]:
        yield forbidden(at / source, "may not specify more than 1 volume type")
    if spec.get("storageClassName"):
        value = spec["storageClassName"]
        yield from each_invalid(at / "storageClassName", value, names.dns_subdomain(value))


def storage_class(obj: Object) -> Causes:
    provisioner, policy = obj.get("provisioner", ""), obj.get("reclaimPolicy")
    if provisioner:
        yield from each_invalid(At("provisioner"), provisioner, names.qualified_name(provisioner.lower()))
    else:
        yield required(At("provisioner"), provisioner)
    if policy and policy not in ("Delete", "Retain"):
        yield unsupported(At("reclaimPolicy"), policy, ("Delete", "Retain"))
    binding = obj.get("volumeBindingMode")
    if binding not in _BINDING:
        yield unsupported(At("volumeBindingMode"), binding, _BINDING)


def claim_updated(old: Object, new: Object) -> Causes:
    """A bound claim may grow; nothing else of its spec moves."""
    before, after = old.get("spec") or {}, new.get("spec") or {}
    sizes = [((s.get("resources") or {}).get("requests") or {}).get("storage") for s in (before, after)]
    if _without_size(before) != _without_size(after):
        detail = (
            "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
        )
        yield forbidden(At("spec"), detail)
    elif sizes[0] and sizes[1] and parse(sizes[1]).value < parse(sizes[0]).value:
        yield forbidden(At("spec.resources.requests.storage"), "field can not be less than status.capacity")
    elif sizes[0] != sizes[1] and (old.get("status") or {}).get("phase") != "Bound":
        detail = (
            "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
        )
        yield forbidden(At("spec"), detail)


def _without_size(spec: Struct) -> Struct:
    resources = {k: v for k, v in (spec.get("resources") or {}).items() if k != "requests"}
    # The volume and the class are filled in after creation.
    kept = {k: v for k, v in spec.items() if k not in ("resources", "volumeName", "volumeAttributesClassName")}
    return {**kept, "resources": resources}
