"""What a strategic merge patch's result is refused for when a value has the wrong type.

The real server turns that result into an object without going through JSON, so it has other words there than `decode`.
"""

from __future__ import annotations

from typing import Any

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema import go_types
from deployctl.sandbox.schema.kinds import Kind
from deployctl.sandbox.schema.types import Atom, type_of

_KINDS = {bool: "bool", str: "string", int: "int64", float: "float64", list: "slice", dict: "map"}


def fault(kind: Kind, obj: Object) -> str:
    """The first wrong type in a built-in kind's object; empty when every value can be converted."""
    return _fault(type_of(kind), obj)


def _fault(atom: Atom, value: Any) -> str:
    if value is None or atom.format in ("int-or-string", "quantity", "date-time", "byte"):
        return ""
    if atom.map:
        return _in_map(atom, value)
    if atom.list:
        if not isinstance(value, list):
            return f"cannot restore slice from {_KINDS[type(value)]}"
        return _first(_fault(atom.list.item, item) for item in value)
    return _scalar(atom, value)


def _in_map(atom: Atom, value: Any) -> str:
    assert atom.map
    if atom.scalar:
        return ""
    if not isinstance(value, dict):
        given = _KINDS[type(value)]
        return f"cannot restore struct from: {given}" if atom.map.fields else f"cannot restore map from {given}"
    children = ((atom.map.child(key), below) for key, below in value.items())
    return _first(_fault(child, below) for child, below in children if child is not None)


def _first(faults: Any) -> str:
    return next((text for text in faults if text), "")


def _scalar(atom: Atom, value: Any) -> str:
    given, wanted = _KINDS[type(value)], go_types.spelled(atom)
    if atom.scalar == "numeric":
        whole = isinstance(value, int) or (isinstance(value, float) and value == int(value))
        good = not isinstance(value, bool) and (whole or (wanted == "float64" and isinstance(value, float)))
    else:
        good = isinstance(value, {"string": str, "boolean": bool}.get(atom.scalar or "", object))
    if good:
        return ""
    # Go converts whole numbers to text and floats to whole numbers, so only there it says what it would not convert.
    convertible = (given, atom.scalar) in (("int64", "string"), ("float64", "numeric"))
    return f"cannot convert {given} to {wanted}" if convertible else f"unrecognized type: {wanted}"
