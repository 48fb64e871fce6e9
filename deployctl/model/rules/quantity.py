"""Kubernetes quantities: `512Mi`, `0.5`, `1e3`, `100m`. Source: k8s.io/apimachinery/pkg/api/resource/quantity.go."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

_QUANTITY = re.compile(r"(?P<number>[+-]?(?:\d+\.?\d*|\.\d+))(?P<suffix>[eE][+-]?\d+|[numkMGTPE]|[KMGTPE]i|)")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}


def parse_quantity(written: str | float) -> Fraction:
    """The exact value: bytes, cores or pieces. Raises ValueError for what the API server would not take."""
    if isinstance(written, bool):
        raise ValueError(f"not a quantity: {written!r}")
    found = _QUANTITY.fullmatch(str(written).strip())
    if found is None:
        raise ValueError(f"not a quantity: {written!r}")
    return Fraction(Decimal(found["number"])) * _factor(found["suffix"])


def _factor(suffix: str) -> Fraction:
    """What the number is multiplied by; an exponent may be written out."""
    if suffix in _BINARY:
        return Fraction(1024) ** _BINARY[suffix]
    exponent = _DECIMAL[suffix] if suffix in _DECIMAL else int(suffix[1:])
    if abs(exponent) > 60:
        raise ValueError(f"not a quantity's exponent: {suffix!r}")
    return Fraction(10 ** abs(exponent)) if exponent >= 0 else Fraction(1, 10 ** abs(exponent))


def format_bytes(value: Fraction | int) -> str:
    """As people write memory: the largest binary unit that keeps it readable, such as `1.5Gi`, `512Mi`, `0`."""
    for unit, power in (("Gi", 3), ("Mi", 2), ("Ki", 1)):
        if abs(value) >= 1024**power:
            return f"{_short(Fraction(value) / 1024**power)}{unit}"
    return _short(Fraction(value))


def format_cores(value: Fraction | int) -> str:
    """As people write processors: `250m` below one core, else `1.5`."""
    cores = Fraction(value)
    return f"{_short(cores * 1000)}m" if 0 < abs(cores) < 1 else _short(cores)


def _short(value: Fraction) -> str:
    return f"{float(value):.2f}".rstrip("0").rstrip(".")
