"""Scalars with a format, as the real server's decoder reads and writes them.

Converters raise TypeError for a value of the wrong JSON type, ValueError (with the server's words) for bad content.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from deployctl.sandbox.schema import go_time
from deployctl.sandbox.schema.quantity import parse as parse_quantity

_BASE64 = re.compile(r"[A-Za-z0-9+/]")


def quantity(value: Any) -> str:
    return str(parse_quantity(value.strip() if isinstance(value, str) else str(value)))


def int_or_string(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError
    return value


def base64(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    fault = base64_fault(value)
    if fault is not None:
        raise ValueError(f"illegal base64 data at input byte {fault}")
    return re.sub(r"[\r\n]", "", value)


def seconds(value: Any) -> str:
    """metav1.Time: UTC, whole seconds."""
    return _moment(value, go_time.SECONDS).strftime("%Y-%m-%dT%H:%M:%SZ")


def microseconds(value: Any) -> str:
    """metav1.MicroTime: UTC, six digits after the second."""
    return _moment(value, go_time.MICROSECONDS).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _moment(value: Any, layout: str) -> datetime:
    if not isinstance(value, str):
        raise TypeError
    return go_time.parse(value, layout)


def base64_fault(text: str) -> int | None:
    """Where Go's decoder gives up on standard base64; None when it does not. Line ends are skipped."""
    content = [(i, c) for i, c in enumerate(text) if c not in "\r\n"]
    for place, (index, char) in enumerate(content):
        if char == "=":
            return _padding_fault(content, place, len(text))
        if not _BASE64.fullmatch(char):
            return index
    rest = len(content) % 4
    return content[-rest][0] if rest else None


def _padding_fault(content: list[tuple[int, str]], place: int, length: int) -> int | None:
    """The first `=` stands at `place`: two or three digits of its group must be before it, and nothing after it."""
    digits = place % 4
    if digits < 2:
        return content[place][0]
    expected = place + (4 - digits)
    if digits == 2 and (place + 1 >= len(content) or content[place + 1][1] != "="):
        return length if place + 1 >= len(content) else content[place + 1][0]
    return content[expected][0] if len(content) > expected else None


CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "quantity": quantity,
    "int-or-string": int_or_string,
    "byte": base64,
    "date-time": seconds,
}
