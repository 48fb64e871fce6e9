"""From tables to frozen dataclasses, by their annotations. A wrong key is named with its path and the nearest one."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from deployctl.sandbox.fault_kinds import nearest

T = TypeVar("T")
Raw = str | int | float | bool
"""A scalar that stays as it is written."""
SPOKEN = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


class ScenarioError(ValueError):
    """A scenario that cannot be read, with the file and the key."""


def build(kind: type[T], value: object, path: str) -> T:
    """A dataclass of that kind out of a table. Raises ScenarioError."""
    if not isinstance(value, Mapping):
        raise ScenarioError(f"{path} must be a table, not {value!r}")
    hints = typing.get_type_hints(kind)
    fields = {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]  # every caller gives a dataclass
    for key in value:
        if key not in fields:
            raise ScenarioError(f"{_join(path, key)}: unknown key{nearest(key, fields)}")
    for name, field in fields.items():
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if required and name not in value:
            raise ScenarioError(f"{path or 'scenario'}: {name!r} is missing")
    return kind(**{key: convert(hints[key], found, _join(path, key)) for key, found in value.items()})


def convert(hint: Any, value: object, path: str) -> Any:
    """The value as the annotation wants it. Raises ScenarioError."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint):
        return build(typing.cast("type[Any]", hint), value, path)
    if origin is tuple:
        return _sequence(arguments[0], value, path)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(arguments[1], value, path)
    if origin is typing.Literal:
        return _choice(arguments, value, path)
    if origin in {typing.Union, types.UnionType}:
        present = tuple(kind for kind in arguments if kind is not type(None))
        return convert(present[0], value, path) if len(present) == 1 else _scalar(present, value, path)
    return value if hint is Any else _scalar((hint,), value, path)


def _sequence(item: Any, value: object, path: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ScenarioError(f"{path} must be a list, not {value!r}")
    return tuple(convert(item, found, f"{path}[{number}]") for number, found in enumerate(value))


def _mapping(item: Any, value: object, path: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ScenarioError(f"{path} must be a table, not {value!r}")
    return {str(key): convert(item, found, _join(path, str(key))) for key, found in value.items()}


def _choice(choices: tuple[Any, ...], value: object, path: str) -> object:
    if value not in choices:
        hint = nearest(str(value), [str(c) for c in choices])
        raise ScenarioError(f"{path}: {value!r} is none of {', '.join(map(str, choices))}{hint}")
    return value


def _scalar(kinds: tuple[type, ...], value: object, path: str) -> object:
    if isinstance(value, bool):
        fitting = bool in kinds
    else:
        fitting = isinstance(value, kinds) or (float in kinds and isinstance(value, int))
    if not fitting:
        raise ScenarioError(f"{path} must be {' or '.join(SPOKEN[kind] for kind in kinds)}, not {value!r}")
    return value


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
