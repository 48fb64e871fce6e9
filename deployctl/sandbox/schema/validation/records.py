"""Lease and Event: what components write about themselves."""

from __future__ import annotations

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.validation.cause import At, Causes, invalid

_CLUSTER_WIDE = ("", "default")


def lease(obj: Object) -> Causes:
    spec = obj.get("spec") or {}
    seconds, transitions = spec.get("leaseDurationSeconds"), spec.get("leaseTransitions")
    if seconds is not None and seconds <= 0:
        yield invalid(At("spec") / "leaseDurationSeconds", seconds, "must be greater than 0")
    if transitions is not None and transitions < 0:
        yield invalid(At("spec") / "leaseTransitions", transitions, "must be greater than or equal to 0")


def event(obj: Object) -> Causes:
    """About an object of its own namespace; about one without a namespace it may lie in `default` too."""
    namespace = (obj.get("metadata") or {}).get("namespace", "")
    about = (obj.get("involvedObject") or {}).get("namespace", "")
    if about == namespace or (not about and namespace in _CLUSTER_WIDE):
        return
    yield invalid(At("involvedObject") / "namespace", about, "does not match event.namespace")
