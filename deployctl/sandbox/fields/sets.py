"""Field sets: frozen sets of paths, and fieldsV1, the nested JSON in which managedFields keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from deployctl.sandbox.fields.elements import Path, order, parse

FieldSet = frozenset[Path]
EMPTY: FieldSet = frozenset()


def trie(paths: Iterable[Path]) -> dict[str, Any]:
    """Nested dictionaries by element; `"."` in a node says that the path to it is a member."""
    root: dict[str, Any] = {}
    for path in paths:
        node = root
        for element in path:
            node = node.setdefault(element, {})
        node["."] = {}
    return root


def encode(fields: FieldSet) -> dict[str, Any]:
    """fieldsV1. A member without children is `{}`, one with children carries `".": {}`."""
    return _encoded(trie(fields), root=True)


def _encoded(node: Mapping[str, Any], *, root: bool = False) -> dict[str, Any]:
    inner = sorted((e for e in node if e != "."), key=order)
    here: dict[str, Any] = {".": {}} if "." in node and inner and not root else {}
    return {**here, **{e: _encoded(node[e]) for e in inner}}


def decode(fields: Mapping[str, Any]) -> FieldSet:
    """Raises ValueError for what is no fieldsV1. Elements of an unknown type are dropped, as the real server does."""
    return frozenset(_members(fields, ()))


def _members(node: Mapping[str, Any], path: Path) -> Iterator[Path]:
    if not isinstance(node, Mapping):
        raise ValueError("fieldsV1 must be nested objects")
    children = False
    for text, below in node.items():
        if text == ".":
            continue
        element = parse(text)
        if element is None:
            continue
        children = True
        yield from _members(below, (*path, element))
    if path and ("." in node or not children):
        yield path


def ordered(fields: FieldSet) -> list[Path]:
    """In the real server's order of reporting: members of a level before what lies below them."""
    return list(_walk(trie(fields), ()))


def _walk(node: Mapping[str, Any], path: Path) -> Iterator[Path]:
    inner = sorted((e for e in node if e != "."), key=order)
    for element in inner:
        if "." in node[element]:
            yield (*path, element)
    for element in inner:
        yield from _walk(node[element], (*path, element))


def without_below(fields: FieldSet, roots: FieldSet) -> FieldSet:
    """Without the paths in `roots` and everything below them."""
    if not roots:
        return fields
    lengths = {len(r) for r in roots}
    return frozenset(p for p in fields if not any(p[:n] in roots for n in lengths))
