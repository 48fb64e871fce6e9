"""Taking fields out of a typed object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deployctl.sandbox.fields import elements
from deployctl.sandbox.fields.elements import Path
from deployctl.sandbox.fields.sets import FieldSet, trie
from deployctl.sandbox.fields.typed import item_element, shape_of
from deployctl.sandbox.schema.types import Atom, ListShape, MapShape


def remove(atom: Atom, value: Any, fields: FieldSet) -> Any:
    """`value` without these paths. A map or list that becomes empty is left as null, as the real server leaves it."""
    return _remove(atom, value, trie(fields)) if fields else value


def _remove(atom: Atom, value: Any, gone: Mapping[str, Any]) -> Any:
    shape = shape_of(atom, value)
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return None if shape.atomic else _from_map(shape, value, gone) or None
    if isinstance(shape, ListShape) and isinstance(value, list):
        return None if shape.kind == "atomic" else _from_list(shape, value, gone) or None
    return value


def _from_map(shape: MapShape, value: dict[str, Any], gone: Mapping[str, Any]) -> dict[str, Any]:
    left = {}
    for name, below in value.items():
        node = gone.get(elements.field(name))
        if node is None:
            left[name] = below
        elif "." not in node:
            child = shape.child(name)
            left[name] = below if child is None else _remove(child, below, node)
    return left


def _from_list(shape: ListShape, value: list[Any], gone: Mapping[str, Any]) -> list[Any]:
    left = []
    for item in value:
        node = gone.get(item_element(shape, item))
        if node is None:
            left.append(item)
        elif "." not in node:
            left.append(_remove(shape.item, item, node))
    return left


def with_named_parents(atom: Atom, fields: FieldSet) -> FieldSet:
    """With every declared struct field on the way to a member, but not the keys of free maps or items of lists."""
    found: set[Path] = set(fields)
    _add_parents(atom, trie(fields), (), found)
    return frozenset(found)


def _add_parents(atom: Atom | None, node: Mapping[str, Any], path: Path, found: set[Path]) -> None:
    for element, below in node.items():
        if element == "." or not (set(below) - {"."}):
            continue
        here = (*path, element)
        if atom and atom.map and element[:2] == "f:" and element[2:] in atom.map.fields:
            found.add(here)
        _add_parents(_child(atom, element), below, here, found)


def _child(atom: Atom | None, element: str) -> Atom | None:
    if atom is None:
        return None
    if element[0] == "f" and atom.map:
        return atom.map.child(element[2:])
    return atom.list.item if element[0] == "k" and atom.list else None
