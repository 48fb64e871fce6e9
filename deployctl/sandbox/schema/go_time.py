"""RFC 3339 as Go's time package parses it, with its words for what it cannot parse."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

SECONDS = "2006-01-02T15:04:05Z07:00"
MICROSECONDS = "2006-01-02T15:04:05.000000Z07:00"

_DIGITS = {"2006": r"\d{4}", "01": r"\d\d", "02": r"\d\d", "15": r"\d\d", "04": r"\d\d", "05": r"\d\d"}
_ELEMENTS = ("2006", "-", "01", "-", "02", "T", "15", ":", "04", ":", "05")
_RANGES = {"01": ("month", 1, 12), "02": ("day", 1, 31), "15": ("hour", 0, 23), "04": ("minute", 0, 59)}
_ZONE = re.compile(r"Z|[+-]\d\d:\d\d")


def parse(text: str, layout: str) -> datetime:
    """In UTC. Raises ValueError, worded as Go words it."""
    rest, found = text, {}
    for element in _ELEMENTS:
        match = re.match(_DIGITS.get(element, re.escape(element)), rest)
        if not match:
            raise _cannot(text, layout, rest, element)
        found[element] = match[0]
        rest = rest[match.end() :]
    fraction, rest = _fraction(text, layout, rest)
    zone = _ZONE.fullmatch(rest)
    if not zone:
        raise _cannot(text, layout, rest, "Z07:00")
    return _moment(text, found, fraction, zone[0])


def _fraction(text: str, layout: str, rest: str) -> tuple[str, str]:
    """Six digits where the layout has them; any number of them, ignored later, where it has none."""
    exact = layout == MICROSECONDS
    match = re.match(r"[.,](\d{6})" if exact else r"[.,](\d+)", rest)
    if match:
        return match[1], rest[match.end() :]
    if exact:
        raise _cannot(text, layout, rest, ".000000")
    return "", rest


def _moment(text: str, found: dict[str, str], fraction: str, zone: str) -> datetime:
    for element, (name, low, high) in _RANGES.items():
        if not low <= int(found[element]) <= high:
            raise ValueError(f'parsing time "{text}": {name} out of range')
    offset = timedelta(0)
    if zone != "Z":
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:])) * (-1 if zone[0] == "-" else 1)
    micro = int((fraction + "000000")[:6])
    try:
        numbers = [int(found[e]) for e in ("2006", "01", "02", "15", "04", "05")]
        moment = datetime(*numbers, micro, tzinfo=timezone(offset))  # type: ignore[misc, arg-type]  # six numbers
    except ValueError as error:
        what = "second" if int(found["05"]) > 59 else "day"
        raise ValueError(f'parsing time "{text}": {what} out of range') from error
    return moment.astimezone(UTC)


def _cannot(text: str, layout: str, rest: str, element: str) -> ValueError:
    return ValueError(f'parsing time "{text}" as "{layout}": cannot parse "{rest}" as "{element}"')
