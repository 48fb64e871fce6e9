"""What of a pod may still change: images, tolerations to add, deadlines to shorten, gates to lift."""

from __future__ import annotations

import copy

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.validation.cause import At, Causes, Struct, forbidden, invalid

SPEC = At("spec")
_FORBIDDEN = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


def pod_updated(old: Object, new: Object) -> Causes:
    before, after = old.get("spec") or {}, new.get("spec") or {}
    for field in ("containers", "initContainers"):
        if len(after.get(field) or []) != len(before.get(field) or []):
            yield forbidden(SPEC / field, "pod updates may not add or remove containers")
            return
    yield from _deadline(before, after)
    if _comparable(before, after) != before:
        yield forbidden(SPEC, _FORBIDDEN)


def _deadline(before: Struct, after: Struct) -> Causes:
    was, now, at = (
        before.get("activeDeadlineSeconds"),
        after.get("activeDeadlineSeconds"),
        SPEC / "activeDeadlineSeconds",
    )
    if was is None:
        return
    if now is None:
        yield invalid(at, now, "must not update from a positive integer to nil value")
    elif now > was:
        yield invalid(at, now, "must be less than or equal to previous value")


def _comparable(before: Struct, after: Struct) -> Struct:
    """The new spec with everything taken back that may change."""
    spec = copy.deepcopy(after)
    for field in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(field) or []):
            _put(container, "image", before[field][index])
    _put(spec, "activeDeadlineSeconds", before)
    kept = before.get("tolerations") or []
    if all(t in (spec.get("tolerations") or []) for t in kept):
        _put(spec, "tolerations", before)
    gates = before.get("schedulingGates") or []
    if all(g in gates for g in spec.get("schedulingGates") or []):
        _put(spec, "schedulingGates", before)
        _put(spec, "nodeSelector", before if gates else after)
    if spec.get("terminationGracePeriodSeconds") == 1 and (before.get("terminationGracePeriodSeconds") or 0) < 0:
        _put(spec, "terminationGracePeriodSeconds", before)
    return spec


def _put(target: Struct, key: str, source: Struct) -> None:
    if key in source:
        target[key] = source[key]
    else:
        target.pop(key, None)
