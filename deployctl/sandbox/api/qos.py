"""A pod's quality-of-service class, from its containers' cpu and memory."""

from __future__ import annotations

from fractions import Fraction

from deployctl.sandbox.api.rules import amount
from deployctl.sandbox.contracts import Object

_COUNTED = ("cpu", "memory")


def qos_class(spec: Object) -> str:
    """Guaranteed, Burstable or BestEffort."""
    containers = [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]
    if spec.get("resources"):
        containers = [{"resources": spec["resources"]}]
    needs = [(_amounts(c, "requests"), _amounts(c, "limits")) for c in containers]
    if not any(requests or limits for requests, limits in needs):
        return "BestEffort"
    guaranteed = all(set(limits) == set(_COUNTED) and requests == limits for requests, limits in needs)
    return "Guaranteed" if guaranteed else "Burstable"


def _amounts(container: Object, which: str) -> dict[str, Fraction]:
    given = (container.get("resources") or {}).get(which) or {}
    found = {name: amount(given[name]) for name in _COUNTED if name in given}
    return {name: value for name, value in found.items() if value}
