"""Path elements: one step into an object, kept as the string that fieldsV1 uses.

f:NAME            a field or map key            .NAME
k:{"name":"x"}    an item of a keyed list       [name="x"]
v:"x"             an item of a set              [="x"]
i:0               an item by position           [0]
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

Element = str
Path = tuple[Element, ...]

_ESCAPES = (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029"))


def go_json(value: Any) -> str:
    """Compact JSON with the characters escaped that Go's encoder escapes."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    for raw, escaped in _ESCAPES:
        if raw in text:
            text = text.replace(raw, escaped)
    return text


def field(name: str) -> Element:
    return "f:" + name


def key(fields: Mapping[str, Any]) -> Element:
    return "k:" + go_json(dict(sorted(fields.items())))


def value(scalar: Any) -> Element:
    return "v:" + go_json(scalar)


@lru_cache(maxsize=8192)
def parse(text: str) -> Element | None:
    """The canonical form of a serialised element; None for a type that we do not know. Raises ValueError."""
    if len(text) < 2 or text[1] != ":":
        raise ValueError(f"missing colon: {text}")
    kind, content = text[0], text[2:]
    if kind == "f":
        return text
    if kind == "k":
        return key(json.loads(content))
    if kind == "v":
        return value(json.loads(content))
    return f"i:{int(content)}" if kind == "i" else None


@lru_cache(maxsize=8192)
def order(element: Element) -> tuple[int, Any]:
    """Sorts as the real server does: fields, keyed items, values, positions."""
    kind, content = element[0], element[2:]
    if kind == "f":
        return (0, content)
    if kind == "i":
        return (3, int(content))
    decoded = json.loads(content)
    if kind == "k":
        return (1, tuple((name, _scalar_order(item)) for name, item in sorted(decoded.items())))
    return (2, _scalar_order(decoded))


def _scalar_order(item: Any) -> tuple[int, Any]:
    if isinstance(item, bool):
        return (2, item)
    if isinstance(item, int | float):
        return (0, item)
    return (1, item) if isinstance(item, str) else (3, go_json(item))


def show(path: Path) -> str:
    """As error messages spell a path: `.spec.containers[name="backend"].image`."""
    return "".join(map(_show, path))


def _show(element: Element) -> str:
    kind, content = element[0], element[2:]
    if kind == "f":
        return "." + content
    if kind == "i":
        return f"[{content}]"
    decoded = json.loads(content)
    if kind == "k":
        return "[" + ",".join(f"{name}={_show_value(item)}" for name, item in sorted(decoded.items())) + "]"
    return f"[={_show_value(decoded)}]"


def _show_value(item: Any) -> str:
    if isinstance(item, dict):
        return "".join(f"{k}={_show_value(v)}" for k, v in sorted(item.items()))
    if isinstance(item, list):
        return "[" + ",".join(map(_show_value, item)) + "]"
    return json.dumps(item, ensure_ascii=False)
