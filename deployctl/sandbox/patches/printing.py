"""Values as Go prints them with %v, for error texts."""

from __future__ import annotations

from typing import Any


def go_map(value: Any) -> str:
    """`map[a:1 b:[x y]]`, keys sorted; null is `<nil>`."""
    if isinstance(value, dict):
        return "map[" + " ".join(f"{k}:{go_map(v)}" for k, v in sorted(value.items())) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(go_map, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return "<nil>" if value is None else str(value)
