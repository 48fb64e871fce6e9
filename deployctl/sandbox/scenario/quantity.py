"""Kubernetes' notation of sizes."""

from __future__ import annotations

import re

UNITS = {
    "": 1,
    "k": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "Ki": 1 << 10,
    "Mi": 1 << 20,
    "Gi": 1 << 30,
    "Ti": 1 << 40,
}
QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(k|M|G|T|Ki|Mi|Gi|Ti)?")


def bytes_of(text: str) -> int:
    """`120Mi` → 125829120. Raises ValueError."""
    match = QUANTITY.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no size; write 120Mi or a number of bytes")
    return int(float(match[1]) * UNITS[match[2] or ""])
