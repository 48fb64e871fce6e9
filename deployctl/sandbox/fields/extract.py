"""Which fields an object sets: the leaves of its typed tree, plus list items and keys of free maps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from deployctl.sandbox.fields import elements
from deployctl.sandbox.fields.elements import Path
from deployctl.sandbox.fields.sets import FieldSet
from deployctl.sandbox.fields.typed import item_element, shape_of
from deployctl.sandbox.schema.types import Atom, ListShape, MapShape


def field_set(atom: Atom, value: Any) -> FieldSet:
    """The paths that somebody who writes `value` owns. `value` must fit `atom`."""
    return frozenset(_paths(atom, value, ()))


def _paths(atom: Atom, value: Any, path: Path) -> Iterator[Path]:
    shape = shape_of(atom, value)
    if isinstance(shape, MapShape):
        if shape.atomic:
            yield path
        elif isinstance(value, dict):
            yield from _of_map(shape, value, path)
    elif isinstance(shape, ListShape):
        if shape.kind == "atomic":
            yield path
        elif isinstance(value, list):
            yield from _of_list(shape, value, path)
    else:
        yield path


def _of_map(shape: MapShape, value: dict[str, Any], path: Path) -> Iterator[Path]:
    for name, below in value.items():
        here = (*path, elements.field(name))
        child = shape.child(name)
        if child is not None:
            yield from _paths(child, below, here)
        if below is None or below == {} or name not in shape.fields:
            yield here


def _of_list(shape: ListShape, value: list[Any], path: Path) -> Iterator[Path]:
    named = [(item_element(shape, item), item) for item in value]
    times = Counter(element for element, _ in named)
    for element, item in named:
        here = (*path, element)
        yield here
        if times[element] == 1:
            yield from _paths(shape.item, item, here)
