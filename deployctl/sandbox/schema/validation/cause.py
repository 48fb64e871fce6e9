"""Cause: one thing wrong with an object, worded as the real API server words it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

Struct = dict[str, Any]


@dataclass(frozen=True)
class Cause:
    """`reason` such as FieldValueInvalid; `field` such as `spec.ports[0].name`."""

    reason: str
    message: str
    field: str


Causes = Iterator[Cause]


@dataclass(frozen=True)
class At:
    """Where in the object: `At("spec") / "ports"` and `[0]`; a map's key is written like an index."""

    text: str = ""

    def __truediv__(self, name: str) -> At:
        return At(f"{self.text}.{name}" if self.text else name)

    def __getitem__(self, index: int | str) -> At:
        return At(f"{self.text}[{index}]")


def shown(value: Any) -> str:
    """A value as it appears in a message; the keys of a plain map of strings are sorted, those of a struct are not."""
    plain = isinstance(value, dict) and all(isinstance(v, str) for v in value.values())
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=plain)


def _cause(reason: str, text: str, at: At, detail: str) -> Cause:
    return Cause(f"FieldValue{reason}", f"{text}: {detail}" if detail else text, at.text)


def required(at: At, detail: str = "") -> Cause:
    return _cause("Required", "Required value", at, detail)


def invalid(at: At, value: Any, detail: str) -> Cause:
    return _cause("Invalid", f"Invalid value: {shown(value)}", at, detail)


def unsupported(at: At, value: Any, supported: Iterable[str]) -> Cause:
    values = ", ".join(f'"{v}"' for v in supported)
    return _cause("NotSupported", f"Unsupported value: {shown(value)}", at, f"supported values: {values}")


def duplicate(at: At, value: Any) -> Cause:
    return _cause("Duplicate", f"Duplicate value: {shown(value)}", at, "")


def not_found(at: At, value: Any) -> Cause:
    return _cause("NotFound", f"Not found: {shown(value)}", at, "")


def forbidden(at: At, detail: str) -> Cause:
    return _cause("Forbidden", "Forbidden", at, detail)


def too_long(at: At, most: int) -> Cause:
    return _cause("TooLong", "Too long", at, f"may not be more than {most} bytes")


def too_many(at: At, count: int, most: int) -> Cause:
    return _cause("TooMany", f"Too many: {count}", at, f"must have at most {most} items")


def each_invalid(at: At, value: Any, details: Iterable[str]) -> Causes:
    """One cause for each rule that a value breaks."""
    return (invalid(at, value, detail) for detail in details)


def not_negative(at: At, value: int | None) -> Causes:
    if value is not None and value < 0:
        yield invalid(at, value, "must be greater than or equal to 0")


def one_of(at: At, value: Any, supported: Iterable[str]) -> Causes:
    """Required when it is empty; else one of these."""
    allowed = tuple(supported)
    if value in (None, ""):
        yield required(at)
    elif value not in allowed:
        yield unsupported(at, value, allowed)


def immutable(at: At, new: Any, old: Any) -> Causes:
    if new != old:
        yield invalid(at, new, "field is immutable")
