"""Quantities: `500m`, `1Gi`, `1e3`. Parsed exactly, and written back as the real API server writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import ceil

FORMAT = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
SUFFIX = "unable to parse quantity's suffix"

_SHAPE = re.compile(r"([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[-+]?\d*)")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_EXPONENT = re.compile(r"[eE]([-+]?\d+)")
_SAFE_DIGITS = 18
"""An int64 holds them all: beyond, the real server takes its slow path, which never keeps the text."""


@dataclass(frozen=True)
class Quantity:
    value: Fraction
    binary: bool = False
    exponential: bool = False
    text: str = ""
    """As written, when the real server would keep it so; else empty."""

    def __str__(self) -> str:
        return self.text or _canonical(self)

    def rounded_up(self) -> Quantity:
        """To thousandths, as resource lists are."""
        if (self.value * 1000).denominator == 1:
            return self
        magnitude = Fraction(ceil(abs(self.value) * 1000), 1000)
        return Quantity(magnitude if self.value > 0 else -magnitude, self.binary, self.exponential)


@lru_cache(maxsize=4096)
def parse(text: str) -> Quantity:
    """Raises ValueError with the real server's words."""
    match = _SHAPE.fullmatch(text)
    if not match or not (match[2] or match[3]) or match[2] is None:
        raise ValueError(FORMAT)
    sign, whole, fraction, suffix = match[1], match[2].lstrip("0") or "0", match[3] or "", match[4]
    power, binary, exponential = _scale(suffix)
    digits = whole + fraction
    value = Fraction(int(digits or "0"), 10 ** len(fraction)) * (Fraction(2) if binary else Fraction(10)) ** power
    value = -value if sign == "-" else value
    if value and value.denominator != 1 and (value * 10**9).denominator != 1:
        nano = Fraction(ceil(abs(value) * 10**9), 10**9)
        value = nano if value > 0 else -nano
    kept = _keeps_text(digits, power - len(fraction), binary=binary, fraction=fraction)
    return Quantity(value, binary, exponential, text if kept else "")


def _scale(suffix: str) -> tuple[int, bool, bool]:
    """Power, of two or of ten, and whether it is written as an exponent. Raises ValueError."""
    if suffix in _BINARY:
        return _BINARY[suffix], True, False
    if suffix in _DECIMAL:
        return _DECIMAL[suffix], False, False
    exponent = _EXPONENT.fullmatch(suffix)
    if not exponent:
        raise ValueError(SUFFIX)
    return int(exponent[1]), False, True


def _keeps_text(digits: str, scale: int, *, binary: bool, fraction: str) -> bool:
    if len(digits) > _SAFE_DIGITS:
        return False
    if binary:
        return not fraction and int(digits) % 8 != 0
    return scale >= -9 and scale % 3 == 0 and not digits.endswith("000") and not digits.startswith("0")


def _canonical(quantity: Quantity) -> str:
    value = quantity.value
    if value == 0:
        return "0"
    if quantity.binary and abs(value) >= 1024 and value.denominator == 1:
        return _in_powers(int(value), 1024, ["", *_BINARY])
    power = -9
    number = value * 10**9
    while number % 10 == 0:
        number, power = number / 10, power + 1
    while power % 3:
        number, power = number * 10, power - 1
    if quantity.exponential:
        return f"{number}e{power}" if power else str(number)
    if power > 18:
        number, power = number * 10 ** (power - 18), 18
    return f"{number}{next(s for s, p in _DECIMAL.items() if p == power)}"


def _in_powers(number: int, base: int, suffixes: list[str]) -> str:
    index = 0
    while number % base == 0 and index + 1 < len(suffixes):
        number, index = number // base, index + 1
    return f"{number}{suffixes[index]}"
