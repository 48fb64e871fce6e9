"""Sets of fields as `managedFields` writes them (fieldsV1): which writer owns what of an object.

A set is a tree. `f:NAME` is a field, `k:{…}` a list's item by its keys, `v:VALUE` an element of a set, `i:N` an item by
position. A leaf `{}` is a member; beside children, the key `.` says that the parent is a member too.
(https://github.com/kubernetes-sigs/structured-merge-diff, fieldpath/serialize.go)
"""

from __future__ import annotations

import json
from typing import Any

from deployctl.model.json import Json

SELF = "."


def union(one: Json, other: Json) -> Json:
    """All members of both."""
    return {
        key: _union_member(one[key], other[key]) if key in one and key in other else one.get(key, other.get(key))
        for key in (*one, *(k for k in other if k not in one))
    }


def _union_member(one: Json, other: Json) -> Json:
    """Of two elements below a set's root, where `{}` is a member: `{}` and `{f:y}` make `{".":{}, f:y}`."""
    if not one and not other:
        return {}
    return union(one or {SELF: {}}, other or {SELF: {}})


def without(fields: Json, path: tuple[str, ...]) -> Json:
    """The set without one member and all below it; parents that only led there go too."""
    head, *rest = path
    if head not in fields:
        return fields
    others = {key: value for key, value in fields.items() if key != head}
    if not rest:
        return others
    child = without(fields[head], tuple(rest))
    if child == fields[head]:
        return fields
    # An emptied child would read as a member; it was none, unless it said so by `.`.
    return {key: child if key == head else value for key, value in fields.items()} if child else others


def prune(value: Any, mine: Json, theirs: Json | None) -> Any:
    """`value` without what only `mine` owns, as server-side apply removes what a manager stops naming.

    What others own stays, and so does what nobody owns; a field or list item that nothing is left of goes.
    """
    if isinstance(value, dict):
        return _prune_fields(value, mine, theirs or {})
    if isinstance(value, list):
        kept = (_prune_item(item, mine, theirs or {}) for item in value)
        return [item for item in kept if item is not _GONE]
    return value


_GONE = object()


def _prune_fields(value: Json, mine: Json, theirs: Json) -> dict[str, Any]:
    kept = {}
    for name, child in value.items():
        key = f"f:{name}"
        left = _prune_member(child, mine[key], theirs.get(key)) if key in mine else child
        if left is not _GONE:
            kept[name] = left
    return kept


def _prune_member(child: Any, mine: Json, theirs: Json | None) -> Any:
    if theirs is not None and (not theirs or not mine):
        return child  # somebody else owns all of it
    left = prune(child, mine, theirs) if mine else _GONE
    emptied = left in ({}, []) and left != child
    return _GONE if emptied and not (theirs and SELF in theirs) else left


def _prune_item(item: Any, mine: Json, theirs: Json) -> Any:
    key = _key_of(item, mine)
    if key is None or (key in theirs and not theirs[key]):
        return item
    if key.startswith("v:"):
        return item if key in theirs else _GONE
    keys = json.loads(key[2:])
    left = prune(item, mine[key], theirs.get(key))
    return {**keys, **left} if key in theirs or set(left) - set(keys) else _GONE


def _key_of(item: Any, fields: Json) -> str | None:
    """The set's element that means this list item."""
    for key in fields:
        if key.startswith("k:") and isinstance(item, dict):
            if all(item.get(name) == wanted for name, wanted in json.loads(key[2:]).items()):
                return key
        elif key.startswith("v:") and not isinstance(item, dict) and json.loads(key[2:]) == item:
            return key
    return None
