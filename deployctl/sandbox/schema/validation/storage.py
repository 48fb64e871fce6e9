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
    immutable,
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


_FROZEN = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"


def claim_updated(old: Object, new: Object) -> Causes:
    """A bound claim may grow; nothing else of its spec moves. The real server adds what differs."""
    before, after = old.get("spec") or {}, new.get("spec") or {}
    bound = (new.get("status") or {}).get("phase") == "Bound"
    if _fixed(before, before, bound=bound) != _fixed(after, before, bound=bound):
        yield forbidden(At("spec"), _FROZEN)
    yield from immutable(At("volumeMode"), after.get("volumeMode"), before.get("volumeMode"))
    was, now = _size(before), _size(after)
    if was and now and parse(now).value < parse(was).value:
        reached = ((old.get("status") or {}).get("capacity") or {}).get("storage", "0")
        if parse(now).value <= parse(reached).value:
            yield forbidden(At("spec.resources.requests.storage"), "field can not be less than status.capacity")


def _size(spec: Struct) -> str | None:
    return ((spec.get("resources") or {}).get("requests") or {}).get("storage")


def _fixed(spec: Struct, before: Struct, *, bound: bool) -> Struct:
    """Without what may still be filled in (volume, class) or, once bound, changed (size, attributes)."""
    free = [f for f in ("volumeName", "storageClassName") if not before.get(f)]
    free += ["resources", "volumeAttributesClassName"] if bound else []
    return {k: v for k, v in spec.items() if k not in free}
