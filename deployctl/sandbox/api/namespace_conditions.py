"""What the conditions of a namespace that is going say of what keeps it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.contracts import Object

_FINE = (
    ("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"),
    ("NamespaceDeletionGroupVersionParsingFailure", "ParsedGroupVersions", "All legacy kube types successfully parsed"),
    (
        "NamespaceDeletionContentFailure",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
)


def conditions(left: Mapping[Kind, list[Object]]) -> list[Object]:
    """Without times. `left` has only kinds of which something is left."""
    held = Counter(f for objects in left.values() for obj in objects for f in obj["metadata"].get("finalizers") or ())
    resources = _joined(f"{_resource(kind)} has {len(objects)} resource instances" for kind, objects in left.items())
    remaining = ("NamespaceContentRemaining", "SomeResourcesRemain", f"Some resources are remaining: {resources}")
    finalizers = _joined(f"{name} in {count} resource instances" for name, count in held.items())
    kept = f"Some content in the namespace has finalizers remaining: {finalizers}"
    all_gone = ("NamespaceFinalizersRemaining", "ContentHasNoFinalizers", "All content-preserving finalizers finished")
    last = _condition(("NamespaceFinalizersRemaining", "SomeFinalizersRemain", kept), "True")
    return [
        *(_condition(words, "False") for words in _FINE),
        _condition(remaining, "True"),
        last if held else _condition(all_gone, "False"),
    ]


def _resource(kind: Kind) -> str:
    """`configmaps.`: resource and group, the latter empty in the core group."""
    return f"{kind.plural}.{kind.group}"


def _joined(parts: Iterable[str]) -> str:
    return ", ".join(sorted(parts))


def _condition(words: tuple[str, str, str], status: str) -> Object:
    type_, reason, message = words
    return {"type": type_, "status": status, "reason": reason, "message": message}
