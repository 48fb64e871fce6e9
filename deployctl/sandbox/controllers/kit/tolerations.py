"""Taints and tolerations. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from deployctl.sandbox.contracts import Object


def tolerates(toleration: Object, taint: Object) -> bool:
    if toleration.get("effect") and toleration["effect"] != taint.get("effect"):
        return False
    if toleration.get("key") and toleration["key"] != taint["key"]:
        return False
    if toleration.get("operator", "Equal") == "Exists":
        return True
    return bool(toleration.get("key")) and (toleration.get("value") or "") == (taint.get("value") or "")


def untolerated(pod: Object, taints: Iterable[Object], effects: frozenset[str]) -> Object | None:
    """The first taint of these effects that the pod does not bear."""
    tolerations = pod["spec"].get("tolerations") or ()
    for taint in taints:
        if taint.get("effect") in effects and not any(tolerates(t, taint) for t in tolerations):
            return taint
    return None


def toleration_seconds(pod: Object, taint: Object) -> float | None:
    """How long a pod stays on a node with this NoExecute taint: None for ever, 0 when it does not tolerate it."""
    tolerations = [t for t in pod["spec"].get("tolerations") or () if tolerates(t, taint)]
    if not tolerations:
        return 0.0
    limits = [float(t["tolerationSeconds"]) for t in tolerations if t.get("tolerationSeconds") is not None]
    return max(0.0, min(limits)) if limits else None
