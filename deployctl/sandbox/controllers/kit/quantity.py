"""Resource quantities: `500m`, `1Gi`, `2e3`. Exact, by fractions."""

from __future__ import annotations

import re
from fractions import Fraction
from math import ceil

_FACTORS = {
    "": Fraction(1),
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    "k": Fraction(10**3),
    "M": Fraction(10**6),
    "G": Fraction(10**9),
    "T": Fraction(10**12),
    "P": Fraction(10**15),
    "E": Fraction(10**18),
    **{f"{letter}i": Fraction(1024 ** (power + 1)) for power, letter in enumerate("KMGTPE")},
}
_FORM = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)")


def parse_quantity(value: str | float) -> Fraction:
    """The exact amount. Raises ValueError for what is no quantity."""
    match = _FORM.fullmatch(str(value).strip())
    if match is None:
        raise ValueError(f"not a quantity: {value!r}")
    number, exponent, suffix = match.groups()
    if exponent:
        return Fraction(f"{number.rstrip('.')}{exponent}")
    return Fraction(number.rstrip(".")) * _FACTORS[suffix or ""]


def millicores(value: str | float) -> int:
    return ceil(parse_quantity(value) * 1000)


def whole(value: str | float) -> int:
    """Bytes or pieces, rounded up as the scheduler does."""
    return ceil(parse_quantity(value))


def format_memory(amount: int) -> str:
    """Bytes in the largest binary unit in which they are exact."""
    for power, letter in reversed(list(enumerate("KMGTPE", 1))):
        if amount and amount % 1024**power == 0:
            return f"{amount // 1024**power}{letter}i"
    return str(amount)


def format_cpu(milli: int) -> str:
    return str(milli // 1000) if milli % 1000 == 0 else f"{milli}m"
