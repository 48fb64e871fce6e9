"""Sizes in words."""

from __future__ import annotations


def spoken_size(value: int) -> str:
    """Bytes as a person says them, in decimal units: `940 B`, `12.3 kB`, `4.0 MB`."""
    if value < 1000:
        return f"{value} B"
    for unit, step in (("kB", 1e3), ("MB", 1e6)):
        if value < step * 1000:
            return f"{value / step:.1f} {unit}"
    return f"{value / 1e9:.1f} GB"
