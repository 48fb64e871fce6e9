"""Pieces of cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from deployctl.sandbox.api.reading import labels

NONE, UNSET = "<none>", "<unset>"


def get(obj: Mapping[str, Any], path: str, default: Any = None) -> Any:
    """The value at a dotted path, or the default when it is absent or null."""
    value: Any = obj
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return default if value is None else value


def pairs(labels_of: Mapping[str, str] | None) -> str:
    """`a=b,c=d` in the order of the keys."""
    return ",".join(f"{key}={value}" for key, value in sorted((labels_of or {}).items())) or NONE


def selector(value: Mapping[str, Any] | None, empty: str = NONE) -> str:
    """A LabelSelector object as the query parameter would spell it."""
    if value is None:
        return empty
    terms = sorted(labels.from_object(value), key=lambda term: term.key)
    return ",".join(_term(term, value.get("matchLabels") or {}) for term in terms) or empty


def _term(term: labels.Requirement, equal: Mapping[str, str]) -> str:
    if term.operator == "exists":
        return term.key
    if term.operator == "absent":
        return f"!{term.key}"
    if term.operator == "in" and equal.get(term.key) == term.values[0] and len(term.values) == 1:
        return f"{term.key}={term.values[0]}"
    return f"{term.key} {term.operator} ({','.join(sorted(term.values))})"


def containers(pod_spec: Mapping[str, Any]) -> list[str]:
    """Two cells: names and images."""
    found = pod_spec.get("containers") or []
    return [",".join(c["name"] for c in found), ",".join(c.get("image", "") for c in found)]


def some(items: Sequence[str], shown: int = 3) -> str:
    """The first few, and how many more there are."""
    if not items:
        return NONE
    listed = ",".join(items[:shown])
    return f"{listed} + {len(items) - shown} more..." if len(items) > shown else listed


def addresses(status: Mapping[str, Any]) -> str:
    """Of a load balancer."""
    found = get(status, "loadBalancer.ingress", [])
    return ",".join(sorted({i.get("ip") or i.get("hostname", "") for i in found} - {""}))


_MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}


def access_modes(modes: Sequence[str] | None) -> str:
    return ",".join(short for mode, short in _MODES.items() if mode in (modes or ()))
