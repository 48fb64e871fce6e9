"""Cron schedules: five fields or a descriptor, with the words that the real parser finds for a bad one."""

from __future__ import annotations

import re

_MONTHS = {
    m: i + 1 for i, m in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"))
}
_DAYS = {d: i for i, d in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_FIELDS: tuple[tuple[int, int, dict[str, int]], ...] = (
    (0, 59, {}),
    (0, 23, {}),
    (1, 31, {}),
    (1, 12, _MONTHS),
    (0, 6, _DAYS),
)
_DESCRIPTORS = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
_DURATION = re.compile(r"([-+]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))+")


class _Fault(Exception):
    pass


def fault(schedule: str) -> str:
    """Why the schedule cannot be parsed; empty when it can."""
    text = re.sub(r"^(CRON_)?TZ=\S+\s+", "", schedule)
    if text.startswith("@"):
        return _descriptor(text)
    fields = text.split()
    if len(fields) != 5:
        return f"expected exactly 5 fields, found {len(fields)}: [{' '.join(fields)}]"
    try:
        for field, bounds in zip(fields, _FIELDS, strict=True):
            for part in field.split(","):
                _check_range(part, *bounds)
    except _Fault as found:
        return str(found)
    return ""


def _descriptor(text: str) -> str:
    if text in _DESCRIPTORS:
        return ""
    if text.startswith("@every "):
        duration = text.removeprefix("@every ")
        if _DURATION.fullmatch(duration):
            return ""
        return f'failed to parse duration {text}: time: invalid duration "{duration}"'
    return f"unrecognized descriptor: {text}"


def _check_range(text: str, low: int, high: int, names: dict[str, int]) -> None:
    reach, *steps = text.split("/")
    ends = reach.split("-")
    if ends[0] in ("*", "?"):
        start, end = low, high
    else:
        start = _number(ends[0], names)
        if len(ends) > 2:
            raise _Fault(f"too many hyphens: {text}")
        end = _number(ends[1], names) if len(ends) == 2 else start
    if len(steps) > 1:
        raise _Fault(f"too many slashes: {text}")
    step = _number(steps[0], {}) if steps else 1
    if steps and len(ends) == 1:
        end = high
    if start < low:
        raise _Fault(f"beginning of range ({start}) below minimum ({low}): {text}")
    if end > high:
        raise _Fault(f"end of range ({end}) above maximum ({high}): {text}")
    if start > end:
        raise _Fault(f"beginning of range ({start}) beyond end of range ({end}): {text}")
    if step == 0:
        raise _Fault(f"step of range should be a positive number: {text}")


def _number(text: str, names: dict[str, int]) -> int:
    if text.lower() in names:
        return names[text.lower()]
    if re.fullmatch(r"[-+]?\d+", text):
        number = int(text)
        if number < 0:
            raise _Fault(f"negative number ({number}) not allowed: {text}")
        return number
    raise _Fault(f'failed to parse int from {text}: strconv.Atoi: parsing "{text}": invalid syntax')
