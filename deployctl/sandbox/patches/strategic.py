"""Strategic merge patch: a merge patch that knows from the types which lists merge, and by which key.

Directives: `$patch: delete|replace|merge`, `$retainKeys`, `$deleteFromPrimitiveList/F`, `$setElementOrder/F`.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import partial
from typing import Any

from deployctl.sandbox.patches.errors import GO_MAP, PatchError, not_decoded
from deployctl.sandbox.patches.ordering import in_order, positions_checked
from deployctl.sandbox.patches.printing import go_map
from deployctl.sandbox.patches.strategic_lists import merged_list, typed
from deployctl.sandbox.schema.kinds import Kind
from deployctl.sandbox.schema.types import Atom, Field, type_of

PATCH, RETAIN = "$patch", "$retainKeys"
DELETE_FROM, ELEMENT_ORDER = "$deleteFromPrimitiveList", "$setElementOrder"


def strategic_merge(kind: Kind, doc: Any, patch: Any) -> Any:
    """The patched copy of `doc`. Raises PatchError: 400 for custom kinds and malformed directives, 500 otherwise."""
    if kind.custom:
        raise PatchError(400, "strategic merge patch format is not supported")
    if patch is None:
        return copy.deepcopy(doc)
    if not isinstance(patch, dict):
        raise PatchError(400, not_decoded(patch, GO_MAP).removeprefix("error decoding patch: "))
    return merge_maps(type_of(kind), copy.deepcopy(doc), copy.deepcopy(patch))


def merge_maps(atom: Atom | None, original: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """Both arguments are used up."""
    if PATCH in patch:
        return _whole(patch)
    _retain(original, patch)
    _ordered_lists(atom, original, patch)
    for key, value in patch.items():
        _merge_key(atom, original, key, value)
    return original


def _whole(patch: dict[str, Any]) -> dict[str, Any]:
    directive = patch[PATCH]
    if directive == "replace":
        return {k: v for k, v in patch.items() if k != PATCH}
    if directive == "delete":
        return {}
    raise PatchError(500, f"unknown patch type: {directive} in map: {go_map(patch)}")


def _retain(original: dict[str, Any], patch: dict[str, Any]) -> None:
    """`$retainKeys`: whatever of the original it does not name goes; whatever the patch sets it must name."""
    if RETAIN not in patch:
        return
    kept = patch.pop(RETAIN)
    if not isinstance(kept, list):
        raise PatchError(400, "invalid patch format of retainKeys")
    for key, value in patch.items():
        if value is not None and not key.startswith((DELETE_FROM, ELEMENT_ORDER)) and key not in kept:
            raise PatchError(400, "invalid patch format of retainKeys")
    for key in [k for k in original if k not in kept]:
        del original[key]


@dataclass(frozen=True)
class _Meta:
    """What the types say of merging one field."""

    merges: bool
    replaces: bool
    merge_key: str
    atom: Atom | None

    def merged(self, live: list[Any], patch: list[Any]) -> list[Any]:
        item = self.atom.list.item if self.atom and self.atom.list else None
        return merged_list(live, patch, self.merge_key, partial(merge_maps, item)) if self.merges else patch


def _meta(atom: Atom | None, key: str) -> _Meta:
    shape = atom.map if atom else None
    field: Field | None = shape.fields.get(key) if shape else None
    if field is None:
        child = shape.child(key) if shape else None
        if shape is not None and child is None:
            name = atom.name.rpartition(".")[2] if atom else ""
            raise PatchError(500, f'unable to find api field in struct {name} for the json field "{key}"')
        return _Meta(merges=False, replaces=False, merge_key="", atom=child)
    return _Meta("merge" in field.strategies, "replace" in field.strategies, field.merge_key, field.atom)


def _merge_key(atom: Atom | None, original: dict[str, Any], key: str, value: Any) -> None:
    deleting = key.startswith(DELETE_FROM)
    if deleting:
        key = _named_field(key, DELETE_FROM, "primitive list")
    if value is None:
        original.pop(key, None)
        return
    present = original.get(key)
    if present is None or type(present) is not type(value):
        if not deleting:
            _take(original, key, value)
    elif isinstance(value, dict):
        meta = _meta(atom, key)
        original[key] = value if meta.replaces else merge_maps(meta.atom, present, value)
    elif isinstance(value, list):
        meta = _meta(atom, key)
        if deleting:
            original[key] = [x for x in present if x not in value]
        else:
            original[key] = meta.merged(present, value)
    else:
        original[key] = value


def _take(original: dict[str, Any], key: str, value: Any) -> None:
    """A value for which there is nothing to merge with: without nulls and without directives."""
    kept = _plain(value)
    if kept is None:
        original.pop(key, None)
    else:
        original[key] = kept


def _plain(value: Any) -> Any:
    """None for a map that is only a directive."""
    if isinstance(value, dict):
        if PATCH in value:
            return None
        inner = {k: _plain(v) for k, v in value.items() if v is not None}
        return {k: v for k, v in inner.items() if v is not None}
    if isinstance(value, list):
        plain = [(v, _plain(v)) for v in value]
        return [p for v, p in plain if p is not None or v is None]
    return value


def _named_field(key: str, prefix: str, what: str) -> str:
    head, slash, name = key.partition("/")
    if not slash or head != prefix:
        raise PatchError(400, f"invalid patch format of {what}")
    return name


def _ordered_lists(atom: Atom | None, original: dict[str, Any], patch: dict[str, Any]) -> None:
    """Lists that come with `$setElementOrder`: merged, then put in that order."""
    for key in [k for k in patch if k.startswith(ELEMENT_ORDER)]:
        order = patch.pop(key)
        name = _named_field(key, ELEMENT_ORDER, "setElementOrder list")
        typed(order)
        present, given = original.get(name), patch.get(name)
        meta = _meta(atom, name)
        if given is not None:
            typed(given)
            positions_checked(given, order, meta.merge_key)
        if present is None and given is None:
            continue
        if given is None:
            merged = typed(present)
        elif present is None:
            merged = _plain(given)
        else:
            merged = meta.merged(typed(present), given)
        original[name] = in_order(merged, order, present or [], meta.merge_key)
        patch.pop(name, None)
