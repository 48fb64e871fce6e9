"""Custom resources: what the schema does not declare is dropped, unless it preserves unknown fields."""

from __future__ import annotations

from typing import Any

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.kinds import Kind
from deployctl.sandbox.schema.types import Atom, MapShape, type_of


def pruned(kind: Kind, obj: Object) -> Object:
    """A copy without undeclared fields and without nulls where the schema has a default instead."""
    result: Object = _pruned(type_of(kind), obj)
    return {"apiVersion": kind.api_version, "kind": kind.kind, **result}


def _pruned(atom: Atom, value: Any) -> Any:
    if isinstance(value, dict) and atom.map:
        return {k: _pruned(child, v) for k, v in value.items() if (child := _child(atom.map, k, v)) is not None}
    if isinstance(value, list) and atom.list:
        return [_pruned(atom.list.item, v) for v in value]
    return value


def _child(shape: MapShape, key: str, value: Any) -> Atom | None:
    field = shape.fields.get(key)
    if field is not None and value is None and field.has_default and not field.atom.raw.get("nullable"):
        return None
    return shape.child(key)
