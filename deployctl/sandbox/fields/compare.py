"""What changed between two typed objects: added, modified and removed fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from deployctl.sandbox.fields import elements
from deployctl.sandbox.fields.elements import Element, Path
from deployctl.sandbox.fields.sets import FieldSet, without_below
from deployctl.sandbox.fields.typed import item_element, shape_of
from deployctl.sandbox.schema.types import Atom, ListShape, MapShape

_BUILTIN = "io.k8s."


class _Absent:
    """Not there at all, which differs from null."""


ABSENT = _Absent()


@dataclass(frozen=True)
class Comparison:
    added: FieldSet
    modified: FieldSet
    removed: FieldSet

    def without(self, roots: FieldSet) -> Comparison:
        """Leaving out these fields and what lies below them."""
        return Comparison(*(without_below(s, roots) for s in (self.added, self.modified, self.removed)))


@dataclass
class _Walk:
    added: set[Path] = field(default_factory=set)
    modified: set[Path] = field(default_factory=set)
    removed: set[Path] = field(default_factory=set)


def compare(atom: Atom, before: Any, after: Any) -> Comparison:
    """Both values must fit `atom`; items of the same key are allowed, and compared as one whole."""
    walk = _Walk()
    _compare(walk, atom, before, after, ())
    return Comparison(frozenset(walk.added), frozenset(walk.modified), frozenset(walk.removed))


def same(one: Any, other: Any) -> bool:
    """Deep equality of JSON values in which true is not 1."""
    return one is other or (one == other and _alike(one, other))


def _alike(one: Any, other: Any) -> bool:
    """Of values that Python takes for equal: no boolean stands for a number."""
    if isinstance(one, dict):
        return all(_alike(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return all(map(_alike, one, other))
    return isinstance(one, bool) == isinstance(other, bool)


def _compare(walk: _Walk, atom: Atom, before: Any, after: Any, path: Path) -> None:
    # Built-in structs have a type for every value, so nothing equal can differ in it; that is most of any object.
    if before is after or (atom.name.startswith(_BUILTIN) and before == after):
        return
    shapes = [shape_of(atom, value) for value in (before, after) if value is not ABSENT and value is not None]
    distinct = shapes[:1] if len(shapes) > 1 and shapes[0] is shapes[1] else shapes or [shape_of(atom, None)]
    leaves = [_descend(walk, shape, before, after, path) for shape in distinct]
    if not any(leaves):
        _mark_presence(walk, before, after, path)


def _mark_presence(walk: _Walk, before: Any, after: Any, path: Path) -> None:
    if before is ABSENT:
        walk.added.add(path)
    elif after is ABSENT:
        walk.removed.add(path)


def _leaf(walk: _Walk, before: Any, after: Any, path: Path) -> bool:
    if before is ABSENT or after is ABSENT:
        _mark_presence(walk, before, after, path)
    elif not same(before, after):
        walk.modified.add(path)
    return True


def _descend(walk: _Walk, shape: Any, before: Any, after: Any, path: Path) -> bool:
    """Compare in one shape; true when it is a leaf, which says all itself."""
    if isinstance(shape, MapShape):
        left, right = _as(dict, before), _as(dict, after)
        if shape.atomic or not (left or right):
            return _leaf(walk, before, after, path)
        for name in {**(left or {}), **(right or {})}:
            child = shape.child(name)
            if child is not None:
                values = (left or {}).get(name, ABSENT), (right or {}).get(name, ABSENT)
                _compare(walk, child, *values, (*path, elements.field(name)))
        return False
    if isinstance(shape, ListShape):
        items, others = _as(list, before), _as(list, after)
        if shape.kind == "atomic" or not (items or others):
            return _leaf(walk, before, after, path)
        _compare_items(walk, shape, items or [], others or [], path)
        return False
    return _leaf(walk, before, after, path)


def _as(type: type, value: Any) -> Any:
    return value if isinstance(value, type) else None


def _compare_items(walk: _Walk, shape: ListShape, before: list[Any], after: list[Any], path: Path) -> None:
    left, right = _grouped(shape, before), _grouped(shape, after)
    for element in {**left, **right}:
        lefts, rights = left.get(element, []), right.get(element, [])
        here = (*path, element)
        if len(lefts) > 1 and len(rights) > 1:
            if not same(lefts, rights):
                walk.modified.add(here)
        elif len(lefts) > 1:
            if rights:
                _compare(walk, shape.item, ABSENT, rights[0], here)
            walk.removed.add(here)
        elif len(rights) > 1:
            if lefts:
                _compare(walk, shape.item, lefts[0], ABSENT, here)
            walk.added.add(here)
        else:
            _compare(walk, shape.item, (lefts or [ABSENT])[0], (rights or [ABSENT])[0], here)


def _grouped(shape: ListShape, items: list[Any]) -> dict[Element, list[Any]]:
    found: dict[Element, list[Any]] = {}
    for item in items:
        found.setdefault(item_element(shape, item), []).append(item)
    return found
