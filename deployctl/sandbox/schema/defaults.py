"""Defaulting: `data/defaults.toml` by type, OpenAPI's own defaults, and the few that follow from other fields."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.computed import COMPUTED
from deployctl.sandbox.schema.decode import decode
from deployctl.sandbox.schema.kinds import Kind
from deployctl.sandbox.schema.types import Atom, Field, type_of


def with_defaults(kind: Kind, obj: Object) -> Object:
    """A copy as the server stores it: decoded (see `decode`), then defaulted. Doing it twice changes nothing.

    Raises DecodeError when a value is of the wrong type.
    """
    result = decode(kind, obj)
    _default(type_of(kind), result, custom=kind.custom)
    return result


@cache
def _table() -> dict[str, dict[str, Any]]:
    text = resources.files(__package__).joinpath("data/defaults.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def short_name(atom: Atom) -> str:
    """`io.k8s.api.core.v1.Container` is `core.v1.Container`."""
    return ".".join(atom.name.split(".")[-3:])


def _says_something(field: Field) -> bool:
    """A zero default of a pointer is one; elsewhere OpenAPI only says that the field is never absent."""
    if not field.has_default or field.default in ({}, None):
        return False
    return field.default not in ("", 0) or not field.zero


@cache
def _static(atom: Atom) -> Mapping[str, Any]:
    """Values of the table, and OpenAPI defaults that say more than "this field is never absent"."""
    fields = atom.map.fields if atom.map else {}
    declared = {k: f.default for k, f in fields.items() if _says_something(f)}
    return {**declared, **_table().get(short_name(atom), {})}


@cache
def _has_defaults(atom: Atom) -> bool:
    """Whether a built-in type or anything below it is ever defaulted: most of a status is not."""
    return _found_below(atom, set())


def _found_below(atom: Atom, seen: set[str]) -> bool:
    if atom.name in seen:
        return False
    seen.add(atom.name) if atom.name else None
    if atom.map and atom.name and (_static(atom) or short_name(atom) in COMPUTED):
        return True
    below = [f.atom for f in atom.map.fields.values()] if atom.map else []
    if atom.list:
        below.append(atom.list.item)
    return any(_found_below(child, seen) for child in below)


def _default(atom: Atom, value: Any, *, custom: bool) -> None:
    if not custom and not _has_defaults(atom):
        return
    if isinstance(value, list) and atom.list:
        for item in value:
            _default(atom.list.item, item, custom=custom)
    elif isinstance(value, dict) and atom.map:
        if custom:
            _declared(atom, value)
        elif atom.name:
            _by_type(atom, value)
        for key, below in value.items():
            child = atom.map.child(key) if isinstance(below, dict | list) else None
            if child is not None:
                _default(child, below, custom=custom)


def _by_type(atom: Atom, value: dict[str, Any]) -> None:
    """An empty string or a null counts as absent: where it would not, the real server refuses it."""
    for key, default in _static(atom).items():
        if value.get(key) in (None, ""):
            value[key] = copy.deepcopy(default)
    compute = COMPUTED.get(short_name(atom))
    if compute:
        compute(value)


def _declared(atom: Atom, value: dict[str, Any]) -> None:
    """A custom resource's schema says its defaults itself."""
    assert atom.map
    for key, field in atom.map.fields.items():
        if field.has_default and key not in value:
            value[key] = copy.deepcopy(field.default)
