"""Custom resources: what the schema does not declare is dropped, unless it preserves unknown fields."""

from __future__ import annotations

from typing import Any

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.kinds import Kind
from deployctl.sandbox.schema.types import Atom, type_of


def pruned(kind: Kind, obj: Object) -> Object:
    """A copy without undeclared fields and without nulls where the schema allows none."""
    result: Object = _pruned(type_of(kind), obj)
    return result


def _pruned(atom: Atom, value: Any) -> Any:
    if isinstance(value, dict) and atom.map:
        found = {k: (child, v) for k, v in value.items() if (child := atom.map.child(k)) is not None}
        return {k: _pruned(child, v) for k, (child, v) in found.items() if v is not None or _nullable(atom, k, child)}
    if isinstance(value, list) and atom.list:
        return [_pruned(atom.list.item, v) for v in value]
    return value


def _nullable(atom: Atom, key: str, child: Atom) -> bool:
    """Whether a null may stay: where the schema says so, and where it says nothing at all."""
    declared = atom.map is not None and (key in atom.map.fields or "additionalProperties" in atom.raw)
    return not declared or bool(child.raw.get("nullable"))
