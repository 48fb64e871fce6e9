"""Faults in the words of a command line: `api-error status=503 times=2`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from deployctl.sandbox.fault_kinds import COMMON, KINDS, NUMBER, Types, checked, nearest, spoken

FLAGS = {"true": True, "yes": True, "false": False, "no": False}


def from_words(kind: str, words: Iterable[str]) -> dict[str, Any]:
    """The parameters of a fault, each word a `key=value`. Raises ValueError naming what is wrong, and the nearest."""
    if kind not in KINDS:
        raise ValueError(f"unknown fault kind {kind!r}{nearest(kind, KINDS)}")
    allowed = {**COMMON, **KINDS[kind].parameters}
    values: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            raise ValueError(f"{word!r} is no parameter; write key=value")
        key = name.replace("-", "_")
        values[key] = _value(kind, key, text, allowed[key]) if key in allowed else text
    return checked(kind, values)


def taken_by(kind: str) -> Mapping[str, str]:
    """Every parameter of a kind, with the words for its values."""
    return {name: _spoken(kind, name, types) for name, types in {**KINDS[kind].parameters, **COMMON}.items()}


def _spoken(kind: str, name: str, types: Types) -> str:
    choices = KINDS[kind].choices.get(name)
    return " or ".join(sorted(choices)) if choices else spoken(types)


def _value(kind: str, name: str, text: str, types: Types) -> Any:
    if types in {str, object}:
        return text
    try:
        return _converted(text, types)
    except (ValueError, KeyError) as error:
        raise ValueError(f"fault {kind!r}: {name} must be {spoken(types)}, not {text!r}") from error


def _converted(text: str, types: Types) -> Any:
    if types is bool:
        return FLAGS[text.lower()]
    if types is int:
        return int(text)
    if types == NUMBER:
        return float(text)
    return dict(_pair(item) for item in text.split(","))


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(text)
    return name, value
