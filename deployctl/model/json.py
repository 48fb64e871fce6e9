"""Reading decoded JSON and YAML without casts: the few shapes that Kubernetes objects have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]
"""A decoded object. Never changed in place: a rule that needs a changed one makes a copy."""

EMPTY: Json = {}


def dig(value: object, *path: str | int) -> Any:
    """The value at `path`, or None as soon as a part of it is missing or of another shape."""
    for key in path:
        if isinstance(key, int):
            if not isinstance(value, list) or not -len(value) <= key < len(value):
                return None
            value = value[key]
        elif isinstance(value, Mapping):
            value = value.get(key)
        else:
            return None
    return value


def mapping(value: object, *path: str | int) -> Json:
    """The object at `path`; empty when it is missing, null or something else."""
    found = dig(value, *path)
    return found if isinstance(found, Mapping) else EMPTY


def items(value: object, *path: str | int) -> tuple[Json, ...]:
    """The list of objects at `path`; anything else in it is passed over."""
    found = dig(value, *path)
    return tuple(item for item in found if isinstance(item, Mapping)) if isinstance(found, list) else ()


def text(value: object, *path: str | int) -> str:
    """The string at `path`; empty when it is missing or of another type."""
    found = dig(value, *path)
    return found if isinstance(found, str) else ""


def number(value: object, *path: str | int) -> int:
    """The whole number at `path`; 0 when it is missing or of another type."""
    found = dig(value, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0
