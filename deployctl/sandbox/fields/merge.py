"""Laying an applied object over the live one, by type: maps by key, keyed lists and sets by item, the rest whole."""

from __future__ import annotations

from typing import Any

from deployctl.sandbox.fields.compare import ABSENT
from deployctl.sandbox.fields.elements import Element
from deployctl.sandbox.fields.typed import item_element, shape_of
from deployctl.sandbox.schema.types import Atom, ListShape, MapShape


def merge(atom: Atom, live: Any, applied: Any) -> Any:
    """The merged value; ABSENT when nothing is left. An applied null does not take a live map or list away."""
    if applied is ABSENT:
        return live
    if live is ABSENT:
        live = None if isinstance(applied, dict | list) else ABSENT
    shape = shape_of(atom, live if applied is None else applied)
    if isinstance(shape, MapShape) and not shape.atomic:
        return _merge_maps(shape, live, applied)
    if isinstance(shape, ListShape) and shape.kind != "atomic":
        return _merge_lists(shape, live, applied)
    return applied


def _merge_maps(shape: MapShape, live: Any, applied: Any) -> Any:
    left = live if isinstance(live, dict) else {}
    right = applied if isinstance(applied, dict) else {}
    if not left and not right:
        return applied
    merged = {}
    for name in {**left, **right}:
        child = shape.child(name)
        if child is not None:
            value = merge(child, left.get(name, ABSENT), right.get(name, ABSENT))
            if value is not ABSENT:
                merged[name] = value
    return merged if merged else ABSENT


def _merge_lists(shape: ListShape, live: Any, applied: Any) -> Any:
    left = live if isinstance(live, list) else []
    right = applied if isinstance(applied, list) else []
    if not left and not right:
        return applied
    return _Lists(shape, left, right).merged()


class _Lists:
    """Two lists of named items. The applied order wins among shared items; the rest stays near its neighbours."""

    def __init__(self, shape: ListShape, left: list[Any], right: list[Any]) -> None:
        self.shape = shape
        self.left = [(item_element(shape, item), item) for item in left]
        self.right = [(item_element(shape, item), item) for item in right]
        self.right_by_element = dict(self.right)
        self.left_by_element: dict[Element, Any] = {}
        for element, item in self.left:
            # Items that share a key are not merged with a new value: it replaces the first of them.
            self.left_by_element[element] = ABSENT if element in self.left_by_element else item
        self.shared = [e for e, _ in self.right if e in self.left_by_element]
        self.done: set[Element] = set()

    def merged(self) -> list[Any]:
        out: list[Any] = []
        at_left = at_right = 0
        while at_left < len(self.left) or at_right < len(self.right):
            step = self._step(at_left, at_right)
            if step == "skip":
                at_left += 1
            elif step == "left":
                out.append(self.left[at_left][1])
                at_left += 1
            else:
                out.append(self._merge_item(self.right[at_right][0]))
                at_right += 1
                at_left += step == "both"
        return out

    def _step(self, at_left: int, at_right: int) -> str:
        """Which side gives the next item, or `skip` for a live item whose turn comes with the applied one."""
        if at_left >= len(self.left):
            return "right"
        element = self.left[at_left][0]
        if at_right < len(self.right):
            if element == self.right[at_right][0]:
                return "both"
            if element in self.right_by_element and self.shared and self.shared[0] != element:
                return "skip"
        if element not in self.right_by_element:
            return "left"
        return "skip" if element in self.done else "right"

    def _merge_item(self, element: Element) -> Any:
        self.done.add(element)
        if self.shared and self.shared[0] == element:
            self.shared.pop(0)
        return merge(self.shape.item, self.left_by_element.get(element, ABSENT), self.right_by_element[element])
