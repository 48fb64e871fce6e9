"""Merging two lists of a strategic merge patch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deployctl.sandbox.patches.errors import PatchError
from deployctl.sandbox.patches.ordering import identity, in_order
from deployctl.sandbox.patches.printing import go_map

MergeItems = Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]


def typed(value: Any) -> list[Any]:
    """Raises PatchError when it is no list."""
    if isinstance(value, list):
        return value
    raise PatchError(500, f"expected a []interface {{}}, but received a {_go_type(value)}")


def _go_type(value: Any) -> str:
    names = {str: "string", bool: "bool", int: "int64", float: "float64", dict: "map[string]interface {}"}
    return names.get(type(value), "%!s(<nil>)")


def merged_list(live: list[Any], patch: list[Any], merge_key: str, merge: MergeItems) -> list[Any]:
    """`live` and `patch` merged by key, or as a set when the items are scalars."""
    if not live and not patch:
        return live
    if len({_go_type(x) for x in [*live, *patch]}) > 1:
        raise PatchError(500, f"list element types are not identical: [{go_map(live)} {go_map(patch)}]")
    if not any(isinstance(x, dict) for x in [*live, *patch]):
        both = list(dict.fromkeys([*live, *patch]))
        return in_order(both, patch, live, "")
    if not merge_key:
        raise PatchError(500, "cannot merge lists without merge key for []interface {}")
    before, items = _directives(live, patch, merge_key)
    for item in items:
        name = identity(item, merge_key)
        places = [i for i, x in enumerate(before) if identity(x, merge_key) == name]
        if places:
            before[places[0]] = merge(before[places[0]], item)
        else:
            before.append(item)
    return in_order(before, items, live, merge_key)


def _directives(live: list[Any], patch: list[Any], merge_key: str) -> tuple[list[Any], list[Any]]:
    """The live items that stay and the patch's items, after `$patch: delete` and `$patch: replace`."""
    left, items, replace = list(live), [], False
    for item in patch:
        directive = item.get("$patch") if isinstance(item, dict) else None
        if directive is None:
            items.append(item)
        elif directive == "delete":
            name = identity(item, merge_key)
            left = [x for x in left if identity(x, merge_key) != name]
        elif directive == "replace":
            replace = True
        elif directive == "merge":
            raise PatchError(500, "merging lists cannot yet be specified in the patch")
        else:
            raise PatchError(500, f"unknown patch type: {directive} in map: {go_map(item)}")
    return (items, []) if replace else (left, items)
